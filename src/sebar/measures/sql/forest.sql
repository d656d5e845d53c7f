SELECT participant, parent, toUnixTimestamp64Milli(ts) AS joined_at
FROM events
WHERE campaign = {campaign:UInt64} AND kind = 'join' AND verdict = 'person'
    AND ts < fromUnixTimestamp64Milli({until:Int64})
ORDER BY ts, generation, participant
