-- Everybody once, as (when they joined, when those they brought joined, times they shared), then by day of joining, by
-- seed or not, by group of ages and by how many they brought: all that the likelihood and the days need.
-- Roles: 0 joined, 1 brought somebody, 2 shared. Ages and delays below a second are taken for one.
WITH
    by_group AS
    (
        SELECT
            toDate(fromUnixTimestamp64Milli(joined), {zone:String}) AS day,
            is_seed,
            toInt32(floor(4 * log_age)) AS age_group,
            brought,
            count() AS people,
            sum(log(greatest(({now:Int64} - joined) / 1000, 1)) AS log_age) AS log_ages,
            sum(arraySum(time -> log(greatest((time - joined) / 1000, 1)), came)) AS log_delay,
            sum(arraySum(time -> pow(log(greatest((time - joined) / 1000, 1)), 2), came)) AS log_delay_squared,
            countIf(shared > 0) AS sharers,
            sum(shared) AS shares,
            sum(shared * shared) AS shares_squared,
            quantilesExactInclusiveArrayState(0.5, 0.9)(arrayMap(time -> time - joined, came)) AS waits
        FROM
        (
            SELECT
                person,
                maxIf(at, role = 0) AS joined,
                groupArrayIf(at, role = 1) AS came,
                length(came) AS brought,
                countIf(role = 2) AS shared,
                max(is_seed) AS is_seed,
                countIf(role = 0) AS is_participant
            FROM
            (
                SELECT participant AS person, 0 AS role, toUnixTimestamp64Milli(ts) AS at, parent = 0 AS is_seed
                FROM events
                WHERE campaign = {campaign:UInt64} AND kind = 'join' AND verdict = 'person'
                    AND ts < fromUnixTimestamp64Milli({now:Int64})

                UNION ALL

                SELECT parent AS person, 1 AS role, toUnixTimestamp64Milli(ts) AS at, 0 AS is_seed
                FROM events
                WHERE campaign = {campaign:UInt64} AND kind = 'join' AND verdict = 'person' AND parent != 0
                    AND ts < fromUnixTimestamp64Milli({now:Int64})

                UNION ALL

                SELECT participant AS person, 2 AS role, 0 AS at, 0 AS is_seed
                FROM events
                WHERE campaign = {campaign:UInt64} AND kind IN ('share', 'invite') AND verdict = 'person'
                    AND ts < fromUnixTimestamp64Milli({now:Int64})
            )
            GROUP BY person
            HAVING is_participant > 0
        )
        GROUP BY day, is_seed, age_group, brought
    )
SELECT
    toString(day) AS day,
    is_seed,
    age_group,
    brought,
    people,
    log_ages,
    log_delay,
    log_delay_squared,
    sharers,
    shares,
    shares_squared,
    ifNotFinite((quantilesExactInclusiveArrayMerge(0.5, 0.9)(waits) OVER () AS waited)[1], -1) AS half_came,
    ifNotFinite(waited[2], -1) AS most_came
FROM by_group
ORDER BY day, is_seed, age_group, brought
