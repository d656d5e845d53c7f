SELECT count() AS number, toUnixTimestamp64Milli(now64(3)) AS counted_at
FROM events
WHERE campaign = {campaign:UInt64}
