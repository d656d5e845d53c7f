WITH
    (
        SELECT groupArray(participant)
        FROM
        (
            SELECT parent AS participant, count() AS joins
            FROM events
            WHERE campaign = {campaign:UInt64} AND kind = 'join' AND verdict = 'person' AND parent != 0
            GROUP BY parent
            ORDER BY joins DESC, participant
            LIMIT {limit:UInt32}
        )
    ) AS top
SELECT
    participant,
    countIf(what = 'join') AS joins,
    countIf(what IN ('share', 'invite')) AS shares,
    countIf(what = 'visit') AS visits,
    uniqExactIf(visitor, what = 'visit' AND visitor != 0) AS persons,
    toInt64(countIf(what = 'conversion')) - toInt64(countIf(what = 'refund')) AS conversions
FROM
(
    SELECT parent AS participant, kind AS what, 0 AS visitor
    FROM events
    WHERE campaign = {campaign:UInt64} AND kind IN ('join', 'conversion', 'refund') AND verdict = 'person'
        AND parent IN (SELECT arrayJoin(top))

    UNION ALL

    SELECT participant, kind AS what, visitor
    FROM events
    WHERE campaign = {campaign:UInt64} AND kind IN ('share', 'invite', 'visit') AND verdict = 'person'
        AND participant IN (SELECT arrayJoin(top))
)
GROUP BY participant
ORDER BY joins DESC, participant
