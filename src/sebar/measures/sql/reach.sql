-- Visitors who saw something or opened a link, and those of them seen again an hour or more later, the same day: the
-- visitor is a keyed hash that changes every day. Beside them, people who joined.
SELECT *
FROM
(
    SELECT count() AS reached, countIf(last_seen - first_seen >= 3600) AS returned
    FROM
    (
        SELECT min(seen) AS first_seen, max(seen) AS last_seen
        FROM
        (
            SELECT visitor, toUnixTimestamp(ts) AS seen
            FROM events
            WHERE campaign = {campaign:UInt64} AND kind IN ('view', 'visit') AND verdict = 'person' AND visitor != 0
        )
        GROUP BY visitor
    )
) AS seen
CROSS JOIN
(
    SELECT count() AS participants
    FROM events
    WHERE campaign = {campaign:UInt64} AND kind = 'join' AND verdict = 'person'
) AS joined
