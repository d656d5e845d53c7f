SELECT size, depth, count() AS cascades, sum(first_two) AS first_two
FROM
(
    SELECT root, count() AS size, max(generation) AS depth, countIf(generation < 2) AS first_two
    FROM events
    WHERE campaign = {campaign:UInt64} AND kind = 'join' AND verdict = 'person'
        AND ts < fromUnixTimestamp64Milli({until:Int64})
    GROUP BY root
)
GROUP BY size, depth
ORDER BY size, depth
