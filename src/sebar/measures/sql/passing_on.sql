-- Everybody once, as (when they joined, joins they brought, times they shared); then by day, and once over all days.
SELECT
    toString(toDate(fromUnixTimestamp64Milli(joined), {zone:String})) AS day,
    grouping(day) AS is_total,
    count() AS participants,
    sum(brought) AS joins,
    sum(brought * brought) AS joins_squared,
    sum(shared) AS shares,
    sumIf(brought, shared > 0) AS joins_shared,
    sumIf(brought * brought, shared > 0) AS joins_shared_squared,
    ifNotFinite((quantilesExactInclusiveArray(0.5, 0.9)(arrayMap(time -> time - joined, came)) AS waited)[1], -1) AS half_came,
    ifNotFinite(waited[2], -1) AS most_came
FROM
(
    SELECT
        person,
        minIf(at, role = 0) AS joined,
        countIf(role = 0) AS is_participant,
        countIf(role = 1) AS brought,
        countIf(role = 2) AS shared,
        groupArrayIf(at, role = 1) AS came
    FROM
    (
        SELECT
            arrayJoin(if(parent = 0, [(participant, 0)], [(participant, 0), (parent, 1)])) AS part,
            part.1 AS person,
            part.2 AS role,
            toUnixTimestamp64Milli(ts) AS at
        FROM events
        WHERE campaign = {campaign:UInt64} AND kind = 'join' AND verdict = 'person'

        UNION ALL

        SELECT (participant, 2) AS part, part.1 AS person, part.2 AS role, 0 AS at
        FROM events
        WHERE campaign = {campaign:UInt64} AND kind IN ('share', 'invite') AND verdict = 'person'
    )
    GROUP BY person
    HAVING is_participant > 0
)
GROUP BY GROUPING SETS ((day), ())
ORDER BY is_total, day
