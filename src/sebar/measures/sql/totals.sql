SELECT
    countIf(kind = 'join') AS participants,
    uniqExactIf(visitor, kind = 'visit' AND visitor != 0) AS reached,
    countIf(kind = 'conversion') AS conversions,
    toUnixTimestamp64Milli(minIf(ts, kind = 'join')) AS first
FROM events
WHERE campaign = {campaign:UInt64} AND kind IN ('join', 'visit', 'conversion') AND verdict = 'person'
    AND ts < fromUnixTimestamp64Milli({until:Int64})
