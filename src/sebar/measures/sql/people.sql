SELECT
    participant,
    parent,
    generation,
    toUnixTimestamp64Milli(ts) AS joined_at,
    toString(channel) AS channel,
    count() OVER () AS total
FROM events
WHERE campaign = {campaign:UInt64} AND kind = 'join' AND verdict = 'person' AND root = {root:UInt64}
    AND ts < fromUnixTimestamp64Milli({until:Int64})
ORDER BY ts, generation, participant
LIMIT {limit:UInt32}
