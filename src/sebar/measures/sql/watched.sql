-- Hour by hour, how many of how many. Each person counts once an hour; whoever is unknown counts as somebody else.
-- What came late, after its hour had been looked at, counts in the first of these hours.
SELECT
    campaign,
    intDiv(greatest(toUnixTimestamp64Milli(ts), {since:Int64}), 3600000) AS hour,
    uniqExactIf(who, kind = 'reaction' AND verdict = 'person' AND props['class'] IN ('negative', 'complaint')),
    uniqExactIf(who, kind = 'reaction' AND verdict = 'person' AND props['class'] = 'complaint'),
    uniqExactIf(who, kind = 'reaction' AND verdict = 'person'),
    countIf(kind = 'unsubscribe' AND verdict = 'person'),
    uniqExactIf(who, kind = 'visit' AND verdict = 'person' AND channel IN {written:Array(String)}),
    countIf(kind = 'join' AND verdict = 'person'),
    uniqExactIf(who, kind = 'visit' AND verdict = 'person'),
    uniqExactIf(who, kind = 'visit' AND verdict IN ('crawler', 'scanner', 'head'))
FROM
(
    SELECT campaign, ts, kind, verdict, channel, props, if(visitor != 0, visitor, cityHash64(id)) AS who
    FROM events
    WHERE campaign IN {campaigns:Array(UInt64)} AND kind IN ('reaction', 'unsubscribe', 'visit', 'join')
        AND ts >= fromUnixTimestamp64Milli({late:Int64}) AND ts < fromUnixTimestamp64Milli({until:Int64})
        AND version <= {version:UInt64}
        AND (ts >= fromUnixTimestamp64Milli({since:Int64}) OR version > {after:UInt64})
)
GROUP BY campaign, hour
ORDER BY campaign, hour
