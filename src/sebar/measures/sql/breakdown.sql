-- Everybody once, as (which group they are of, when they joined, when those they brought joined, times they shared and
-- converted, refunds taken off), then by group, by group of ages and by how many they brought: as in passing_on.sql.
-- Roles: 0 joined, 1 brought somebody, 2 shared, 3 converted, 4 had it refunded.
SELECT
    /*label*/ AS label,
    toInt32(floor(4 * log_age)) AS age_group,
    brought,
    count() AS people,
    sum(log(greatest(({now:Int64} - joined) / 1000, 1)) AS log_age) AS log_ages,
    sum(arraySum(time -> log(greatest((time - joined) / 1000, 1)), came)) AS log_delay,
    sum(arraySum(time -> pow(log(greatest((time - joined) / 1000, 1)), 2), came)) AS log_delay_squared,
    countIf(shared > 0) AS sharers,
    sum(shared) AS shares,
    sum(converted) AS conversions
FROM
(
    SELECT
        person,
        maxIf(mark, role = 0) AS mark,
        maxIf(at, role = 0) AS joined,
        groupArrayIf(at, role = 1) AS came,
        length(came) AS brought,
        countIf(role = 2) AS shared,
        toInt64(countIf(role = 3)) - toInt64(countIf(role = 4)) AS converted,
        countIf(role = 0) AS is_participant
    FROM
    (
        SELECT participant AS person, 0 AS role, toUnixTimestamp64Milli(ts) AS at, /*mark*/ AS mark
        FROM events
        WHERE campaign = {campaign:UInt64} AND kind = 'join' AND verdict = 'person'
            AND ts < fromUnixTimestamp64Milli({now:Int64})

        UNION ALL

        SELECT parent AS person, 1 AS role, toUnixTimestamp64Milli(ts) AS at, defaultValueOfArgumentType(/*mark*/) AS mark
        FROM events
        WHERE campaign = {campaign:UInt64} AND kind = 'join' AND verdict = 'person' AND parent != 0
            AND ts < fromUnixTimestamp64Milli({now:Int64})

        UNION ALL

        SELECT
            participant AS person,
            multiIf(kind = 'conversion', 3, kind = 'refund', 4, 2) AS role,
            0 AS at,
            defaultValueOfArgumentType(/*mark*/) AS mark
        FROM events
        WHERE campaign = {campaign:UInt64} AND kind IN ('share', 'invite', 'conversion', 'refund')
            AND verdict = 'person'
            AND ts < fromUnixTimestamp64Milli({now:Int64})
    )
    GROUP BY person
    HAVING is_participant > 0
) AS people
/*named*/
GROUP BY label, age_group, brought
ORDER BY label, age_group, brought
