SELECT participant, parent, toUnixTimestamp64Milli(ts) AS joined_at
FROM events
WHERE campaign = {campaign:UInt64} AND kind = 'join' AND verdict = 'person'
ORDER BY ts, generation, participant
