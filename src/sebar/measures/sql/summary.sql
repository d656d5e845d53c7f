SELECT *
FROM
(
    SELECT
        countIf(kind = 'confirm' AND verdict = 'person') AS confirmed,
        countIf(kind = 'conversion' AND verdict = 'person') AS conversions,
        countIf(kind = 'refund' AND verdict = 'person') AS refunded,
        countIf(kind IN ('share', 'invite') AND verdict = 'person') AS shares,
        countIf(kind = 'visit' AND verdict = 'person') AS visits,
        countIf(kind = 'visit') AS visits_raw,
        countIf(kind = 'view' AND verdict = 'person') AS views
    FROM events
    WHERE campaign = {campaign:UInt64} AND kind IN ('visit', 'view', 'confirm', 'conversion', 'refund', 'share', 'invite')
) AS counts
CROSS JOIN
(
    SELECT
        sum(size) AS participants,
        sum(seeds) AS seeds,
        sum(last_day) AS joined_last_day,
        max(depth) AS depth,
        toUnixTimestamp64Milli(min(first)) AS first,
        toUnixTimestamp64Milli(max(last)) AS last,
        count() AS cascades,
        max(size) AS largest,
        sum(size * size) AS sizes_squared
    FROM
    (
        SELECT
            root,
            count() AS size,
            countIf(parent = 0) AS seeds,
            countIf(ts >= fromUnixTimestamp64Milli({now:Int64} - 86400000)) AS last_day,
            max(generation) AS depth,
            min(ts) AS first,
            max(ts) AS last
        FROM events
        WHERE campaign = {campaign:UInt64} AND kind = 'join' AND verdict = 'person'
        GROUP BY root
    )
) AS joins
CROSS JOIN
(
    SELECT
        groupArray(currency) AS currencies,
        groupArray(worth) AS worths,
        groupArray(number) AS numbers,
        groupArray(undone) AS refunds
    FROM
    (
        SELECT
            currency,
            sumIf(value, kind = 'refund') AS undone,
            sumIf(value, kind = 'conversion') - undone AS worth,
            toInt64(countIf(kind = 'conversion')) - toInt64(countIf(kind = 'refund')) AS number
        FROM events
        WHERE campaign = {campaign:UInt64} AND kind IN ('conversion', 'refund') AND verdict = 'person'
        GROUP BY currency
        ORDER BY worth DESC, currency
    )
) AS money
