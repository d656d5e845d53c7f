WITH top AS
(
    SELECT parent AS participant, count() AS joins
    FROM events
    WHERE campaign = {campaign:UInt64} AND kind = 'join' AND verdict = 'person' AND parent != 0
    GROUP BY parent
    ORDER BY joins DESC, participant
    LIMIT {limit:UInt32}
)
SELECT
    owner AS participant,
    countIf(kind = 'join') AS joins,
    countIf(kind IN ('share', 'invite')) AS shares,
    countIf(kind = 'visit') AS visits,
    uniqExactIf(visitor, kind = 'visit' AND visitor != 0) AS persons,
    countIf(kind = 'conversion') AS conversions
FROM
(
    SELECT kind, visitor, if(kind IN ('join', 'conversion'), parent, participant) AS owner
    FROM events
    WHERE campaign = {campaign:UInt64} AND verdict = 'person'
        AND kind IN ('join', 'share', 'invite', 'visit', 'conversion')
        AND if(kind IN ('join', 'conversion'), parent, participant) IN (SELECT participant FROM top)
)
GROUP BY owner
ORDER BY joins DESC, participant
