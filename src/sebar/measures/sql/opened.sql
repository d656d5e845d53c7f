-- How often people opened each participant's link.
SELECT participant, count() AS opened
FROM events
WHERE campaign = {campaign:UInt64} AND kind = 'visit' AND verdict = 'person' AND participant != 0
GROUP BY participant
