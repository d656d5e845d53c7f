WITH
    -- people by generation, from the first on
    mapValues(sumMapIf(map(generation, 1), kind = 'join' AND generation > 0)) AS here,
    -- for how many of the cascade each of them stands, on average: themselves and whom they brought
    arrayMap((n, onwards) -> onwards / n, here, arrayReverse(arrayCumSum(arrayReverse(here)))) AS branch
SELECT
    root,
    toUnixTimestamp64Milli(began) AS began_at,
    countIf(kind = 'join' AND generation > 0) AS joins,
    -- people with more conversions than refunds
    arrayCount(
        net -> net > 0,
        mapValues(sumMapIf(map(participant, if(kind = 'conversion', 1, -1)), kind IN ('conversion', 'refund')))
    ) AS converted,
    uniqExactIf(participant, kind IN ('share', 'invite')) AS shared,
    arraySum((n, size) -> -n * log1p(-size / (1 + joins)), here, branch) AS answer
FROM
(
    SELECT root, kind, generation, participant, ts
    FROM events
    WHERE campaign = {campaign:UInt64} AND kind IN ('join', 'share', 'invite', 'conversion', 'refund')
        AND verdict = 'person'
        AND ts >= fromUnixTimestamp64Milli({since:Int64}) AND root != 0
) AS happened
INNER JOIN
(
    SELECT participant AS root, min(ts) AS began
    FROM events
    WHERE campaign = {campaign:UInt64} AND kind = 'join' AND generation = 0 AND verdict = 'person'
        AND ts >= fromUnixTimestamp64Milli({since:Int64}) AND ts < fromUnixTimestamp64Milli({until:Int64})
    GROUP BY root
) AS seeds USING (root)
WHERE ts < addMilliseconds(began, {window:Int64}) AND ts < fromUnixTimestamp64Milli({until:Int64})
GROUP BY root, began
ORDER BY began, root
