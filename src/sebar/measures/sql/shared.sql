SELECT DISTINCT participant
FROM events
WHERE campaign = {campaign:UInt64} AND kind IN ('share', 'invite') AND verdict = 'person'
    AND participant IN (SELECT arrayJoin({people:Array(UInt64)}))
