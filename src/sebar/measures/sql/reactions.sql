SELECT
    campaign,
    toUnixTimestamp64Milli(ts) AS at,
    if(visitor != 0, visitor, cityHash64(id)) AS who,
    props['class'] AS class
FROM events
WHERE campaign IN {campaigns:Array(UInt64)} AND kind = 'reaction' AND verdict = 'person'
    AND ts >= fromUnixTimestamp64Milli({since:Int64}) AND ts < fromUnixTimestamp64Milli({until:Int64})
ORDER BY campaign, ts
LIMIT {most:UInt32} BY campaign
