-- Those who brought somebody, with how many: whoever brought nobody only counts with who brought them.
-- Three columns of numbers, as that is how a million of them travel quickly.
SELECT groupArray(person) AS participants, groupArray(above) AS parents, groupArray(friends) AS friends
FROM
(
    SELECT person, max(parent_of) AS above, sum(is_friend) AS friends
    FROM
    (
        SELECT participant AS person, parent AS parent_of, 0 AS is_friend
        FROM events
        WHERE campaign = {campaign:UInt64} AND kind = 'join' AND verdict = 'person'
            AND ts < fromUnixTimestamp64Milli({until:Int64})
            /*of_some*/

        UNION ALL

        SELECT parent AS person, 0 AS parent_of, 1 AS is_friend
        FROM events
        WHERE campaign = {campaign:UInt64} AND kind = 'join' AND verdict = 'person' AND parent != 0
            AND ts < fromUnixTimestamp64Milli({until:Int64})
            /*of_some*/
    )
    GROUP BY person
    HAVING friends > 0
    ORDER BY person
)
