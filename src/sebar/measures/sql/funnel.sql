SELECT kind, verdict, count() AS touches
FROM events
WHERE campaign = {campaign:UInt64} AND kind IN ('view', 'visit', 'join', 'confirm', 'conversion')
GROUP BY kind, verdict

UNION ALL

-- a visitor is a person when any of their visits was; one pass, one hash table
SELECT 'person' AS kind, if(is_person, 'person', 'other') AS verdict, count() AS touches
FROM
(
    SELECT max(verdict = 'person') AS is_person
    FROM events
    WHERE campaign = {campaign:UInt64} AND kind = 'visit' AND visitor != 0
    GROUP BY visitor
)
GROUP BY is_person
