WITH
    joins AS
    (
        SELECT toUnixTimestamp64Milli(ts) AS at, generation
        FROM events
        WHERE campaign = {campaign:UInt64} AND kind = 'join' AND verdict = 'person'
            AND ts < fromUnixTimestamp64Milli({until:Int64})
            AND ({root:UInt64} = 0 OR root = {root:UInt64})
            AND ({channel:String} = '' OR channel = {channel:String})
    ),
    (SELECT (min(at), max(at)) FROM joins) AS ends,
    -- from a second to a century: the first that needs no more steps than allowed
    arrayFirst(
        candidate -> intDiv(ends.2, candidate) - intDiv(ends.1, candidate) < {steps:UInt32},
        [1000, 5000, 15000, 60000, 300000, 900000, 1800000, 3600000, 7200000, 10800000, 21600000, 43200000, 86400000,
         172800000, 604800000, 1209600000, 2592000000, 7776000000, 15768000000, 31536000000, 3153600000000]
    ) AS step
SELECT intDiv(at, step) * step AS start, any(step) AS width, generation, count() AS number
FROM joins
GROUP BY start, generation
ORDER BY start, generation
