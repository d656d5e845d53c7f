SELECT
    root,
    count() AS size,
    max(generation) AS depth,
    countIf(generation = 1) AS direct,
    countIf(generation > 1) AS later,
    toUnixTimestamp64Milli(min(ts)) AS first,
    toUnixTimestamp64Milli(max(ts)) AS last,
    count() OVER () AS total
FROM events
WHERE campaign = {campaign:UInt64} AND kind = 'join' AND verdict = 'person'
    AND ts < fromUnixTimestamp64Milli({until:Int64})
GROUP BY root
ORDER BY /*order*/, root
LIMIT {limit:UInt32} OFFSET {offset:UInt64}
