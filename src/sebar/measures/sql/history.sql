SELECT
    toUnixTimestamp64Milli(ts) AS at,
    toString(kind) AS kind,
    toString(verdict) AS verdict,
    toString(reason) AS reason,
    participant,
    toString(channel) AS channel,
    toString(creative) AS creative,
    value,
    toString(currency) AS currency
FROM events
WHERE campaign = {campaign:UInt64}
    AND (
        (participant = {participant:UInt64} AND kind != 'correction')
        OR (kind = 'join' AND parent = {participant:UInt64})
    )
ORDER BY ts DESC, id DESC
LIMIT {limit:UInt32}
