SELECT size, depth, count() AS cascades, sum(further) AS beyond, sum(further * further) AS beyond_squared
FROM
(
    SELECT root, count() AS size, max(generation) AS depth, countIf(generation > 1) AS further
    FROM events
    WHERE campaign = {campaign:UInt64} AND kind = 'join' AND verdict = 'person'
        AND ts < fromUnixTimestamp64Milli({until:Int64})
    GROUP BY root
)
GROUP BY size, depth
ORDER BY size, depth
