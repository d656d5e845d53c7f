WITH
    touches AS
    (
        -- seconds as a clock in the zone shows them, so that days and hours are the zone's own
        SELECT toInt64(toUnixTimestamp(ts)) + timezoneOffset(toTimeZone(ts, {zone:String})) AS shown, /*label*/ AS label
        FROM events
        WHERE campaign = {campaign:UInt64} AND kind = {kind:String} AND verdict = 'person'
            AND ts >= fromUnixTimestamp64Milli({since:Int64}) AND ts < fromUnixTimestamp64Milli({until:Int64})
    ),
    (SELECT max(shown) - min(shown) FROM touches) AS span,
    if({width:UInt32} > 0, {width:UInt32}, arrayFirst(
        candidate -> candidate * {steps:UInt32} >= span OR candidate = 604800, [60, 900, 3600, 86400, 604800])) AS step,
    if(step = 604800, 345600, 0) AS monday
SELECT intDiv(shown - monday, step) * step + monday AS start, any(step) AS width, label, count() AS number
FROM touches
GROUP BY start, label
ORDER BY start, label
