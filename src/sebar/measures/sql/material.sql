-- What people did with each creative. A visitor is a keyed hash that changes every day; each counts once at every step.
SELECT
    toString(creative) AS name,
    countIf(kind = 'view') AS views,
    uniqExactIf(visitor, kind = 'view') AS viewers,
    uniqExactIf(visitor, kind = 'play') AS started,
    uniqExactIf(visitor, kind = 'play' AND props['step'] IN ('q25', 'q50', 'q75', 'finished')) AS q25,
    uniqExactIf(visitor, kind = 'play' AND props['step'] IN ('q50', 'q75', 'finished')) AS q50,
    uniqExactIf(visitor, kind = 'play' AND props['step'] IN ('q75', 'finished')) AS q75,
    uniqExactIf(visitor, kind = 'play' AND props['step'] = 'finished') AS finished,
    max(toUInt32OrZero(props['score'])) AS highest
FROM events
WHERE campaign = {campaign:UInt64} AND kind IN ('view', 'play') AND verdict = 'person' AND visitor != 0
GROUP BY name
ORDER BY name
