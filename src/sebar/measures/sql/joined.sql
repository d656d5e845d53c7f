SELECT campaign, count() AS participants
FROM events
WHERE campaign IN {campaigns:Array(UInt64)} AND kind = 'join' AND verdict = 'person'
GROUP BY campaign
