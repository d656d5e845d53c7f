SELECT uniqExactIf(visitor, visitor != 0) AS visitors
FROM events
WHERE campaign = {campaign:UInt64} AND kind IN ('view', 'visit') AND verdict = 'person'
    AND ts >= fromUnixTimestamp64Milli({since:Int64}) AND ts < fromUnixTimestamp64Milli({until:Int64})
