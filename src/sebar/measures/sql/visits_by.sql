-- Counted visits by group: of what they came by, of the day they happened on, or of the seed whose cascade they belong to.
SELECT /*label*/ AS label, sum(number) AS visits
FROM
(
    SELECT /*mark*/ AS mark, count() AS number
    FROM events
    WHERE campaign = {campaign:UInt64} AND kind = 'visit' AND verdict = 'person'
        AND ts < fromUnixTimestamp64Milli({now:Int64})
    GROUP BY mark
) AS opened
/*named*/
GROUP BY label
