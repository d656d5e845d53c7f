-- Counted visits, and times it was passed on, by group: of the way they took, of the day they happened on, or of the seed
-- whose cascade they belong to.
SELECT /*label*/ AS label, sum(visited) AS visits, sum(passed) AS passed_on
FROM
(
    SELECT /*mark*/ AS mark, countIf(kind = 'visit') AS visited, countIf(kind != 'visit') AS passed
    FROM events
    WHERE campaign = {campaign:UInt64} AND kind IN ('visit', 'share', 'invite') AND verdict = 'person'
        AND ts < fromUnixTimestamp64Milli({now:Int64})
    GROUP BY mark
) AS opened
/*named*/
GROUP BY label
