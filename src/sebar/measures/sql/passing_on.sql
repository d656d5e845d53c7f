-- Everybody once, as (when they joined, when those they brought joined, times they shared), then by day.
-- Roles: 0 joined, 1 brought somebody, 2 shared.
WITH
    by_day AS
    (
        SELECT
            toDate(fromUnixTimestamp64Milli(joined), {zone:String}) AS day,
            count() AS participants,
            sum(brought) AS joins,
            sum(brought * brought) AS joins_squared,
            sum(shared) AS shares,
            sumIf(brought, shared > 0) AS joins_shared,
            sumIf(brought * brought, shared > 0) AS joins_shared_squared,
            quantilesExactInclusiveArrayState(0.5, 0.9)(arrayMap(time -> time - joined, came)) AS waits
        FROM
        (
            SELECT
                person,
                maxIf(at, role = 0) AS joined,
                groupArrayIf(at, role = 1) AS came,
                length(came) AS brought,
                countIf(role = 2) AS shared,
                countIf(role = 0) AS is_participant
            FROM
            (
                SELECT participant AS person, 0 AS role, toUnixTimestamp64Milli(ts) AS at
                FROM events
                WHERE campaign = {campaign:UInt64} AND kind = 'join' AND verdict = 'person'

                UNION ALL

                SELECT parent AS person, 1 AS role, toUnixTimestamp64Milli(ts) AS at
                FROM events
                WHERE campaign = {campaign:UInt64} AND kind = 'join' AND verdict = 'person' AND parent != 0

                UNION ALL

                SELECT participant AS person, 2 AS role, 0 AS at
                FROM events
                WHERE campaign = {campaign:UInt64} AND kind IN ('share', 'invite') AND verdict = 'person'
            )
            GROUP BY person
            HAVING is_participant > 0
        )
        GROUP BY day
    )
SELECT
    toString(day) AS day,
    participants,
    joins,
    joins_squared,
    shares,
    joins_shared,
    joins_shared_squared,
    ifNotFinite((quantilesExactInclusiveArrayMerge(0.5, 0.9)(waits) OVER () AS waited)[1], -1) AS half_came,
    ifNotFinite(waited[2], -1) AS most_came
FROM by_day
ORDER BY day
