SELECT visitor, toUnixTimestamp64Milli(min(ts)) AS first, groupUniqArray(root) AS roots
FROM events
WHERE campaign = {campaign:UInt64} AND kind IN ('visit', 'view') AND verdict = 'person' AND visitor != 0
    AND visitor % {every:UInt64} = 0
    AND ts >= fromUnixTimestamp64Milli({since:Int64}) AND ts < fromUnixTimestamp64Milli({until:Int64})
GROUP BY visitor
HAVING length(roots) > 1 OR has(roots, 0)
ORDER BY first, visitor
