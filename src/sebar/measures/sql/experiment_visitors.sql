SELECT uniqExact(visitor)
FROM events
WHERE campaign = {campaign:UInt64} AND kind IN ('visit', 'view') AND verdict = 'person' AND visitor != 0
    AND ts >= fromUnixTimestamp64Milli({since:Int64}) AND ts < fromUnixTimestamp64Milli({until:Int64})
