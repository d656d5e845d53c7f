SELECT
    countIf(kind = 'join') AS participants,
    -- whoever joined was reached, although phones alike on one line look like one visitor
    greatest(uniqExactIf(visitor, kind IN ('view', 'visit') AND visitor != 0), countIf(kind = 'join')) AS reached,
    countIf(kind = 'conversion') AS conversions,
    toUnixTimestamp64Milli(minIf(ts, kind = 'join')) AS first
FROM events
WHERE campaign = {campaign:UInt64} AND kind IN ('join', 'view', 'visit', 'conversion') AND verdict = 'person'
    AND ts < fromUnixTimestamp64Milli({until:Int64})
