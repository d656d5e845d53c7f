WITH
    joins AS
    (
        SELECT root, generation
        FROM events
        WHERE campaign = {campaign:UInt64} AND kind = 'join' AND verdict = 'person'
            AND ts < fromUnixTimestamp64Milli({until:Int64})
            AND ({root:UInt64} = 0 OR root = {root:UInt64})
            AND ({channel:String} = '' OR channel = {channel:String})
    ),
    sizes AS (SELECT root, count() AS size FROM joins GROUP BY root),
    largest AS (SELECT root FROM sizes WHERE size > 1 ORDER BY size DESC, root LIMIT {apart:UInt32})
SELECT generation, if(root IN (SELECT root FROM largest), root, 0) AS cascade, count() AS number
FROM joins
GROUP BY generation, cascade
ORDER BY generation, cascade
