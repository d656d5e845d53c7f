SELECT
    countIf(kind = 'join') AS participants,
    -- whoever joined was reached, although phones alike on one line look like one visitor
    greatest(uniqExactIf(visitor, kind IN ('view', 'visit') AND visitor != 0), countIf(kind = 'join')) AS reached,
    -- by a moment a refund may be known whose conversion is dated after it
    greatest(toInt64(countIf(kind = 'conversion')) - toInt64(countIf(kind = 'refund')), 0) AS conversions,
    toUnixTimestamp64Milli(minIf(ts, kind = 'join')) AS first
FROM events
WHERE campaign = {campaign:UInt64} AND kind IN ('join', 'view', 'visit', 'conversion', 'refund') AND verdict = 'person'
    AND ts < fromUnixTimestamp64Milli({until:Int64})
