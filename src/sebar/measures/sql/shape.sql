-- People in each generation, and when the first and the middle one of all joined.
SELECT
    generation,
    count() AS people,
    min(toUnixTimestamp64Milli(min(ts))) OVER () AS first,
    quantileExactInclusiveMerge(0.5)(quantileExactInclusiveState(0.5)(toUnixTimestamp64Milli(ts))) OVER () AS half
FROM events
WHERE campaign = {campaign:UInt64} AND kind = 'join' AND verdict = 'person'
    AND ts < fromUnixTimestamp64Milli({until:Int64})
GROUP BY generation
ORDER BY generation
