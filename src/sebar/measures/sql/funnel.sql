-- Each part groups by one key only: by two at once would cost four times as much.
SELECT kind AS stage, '' AS seen_as, countIf(verdict = 'person') AS counted, count() AS raw
FROM events
WHERE campaign = {campaign:UInt64} AND kind IN ('view', 'join', 'confirm', 'conversion', 'refund')
GROUP BY kind

UNION ALL

SELECT 'visit' AS stage, verdict AS seen_as, countIf(verdict = 'person') AS counted, count() AS raw
FROM events
WHERE campaign = {campaign:UInt64} AND kind = 'visit'
GROUP BY verdict

UNION ALL

-- a visitor is a person when any of their visits was
SELECT 'person' AS stage, '' AS seen_as, countIf(is_person) AS counted, count() AS raw
FROM
(
    SELECT max(verdict = 'person') AS is_person
    FROM events
    WHERE campaign = {campaign:UInt64} AND kind = 'visit' AND visitor != 0
    GROUP BY visitor
)
