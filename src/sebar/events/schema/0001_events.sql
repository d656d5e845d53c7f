-- One row an event, denormalised so that every measure is one pass over one table.
-- By year, because replayed campaigns span years and an insert touches every partition its rows fall into.
-- Numbered blocks let a later verdict be written beside a row instead of writing its whole part again.
-- Every insert is synced to the disk, and remembered by its token so that the same insert again changes nothing.
CREATE TABLE IF NOT EXISTS events
(
    id UUID,
    ts DateTime64(3, 'UTC') CODEC(Delta, ZSTD),
    campaign UInt64,
    kind LowCardinality(String),
    participant UInt64,
    parent UInt64,
    root UInt64,
    generation UInt32,
    visitor UInt64,
    channel LowCardinality(String),
    creative LowCardinality(String),
    value Int64,
    currency LowCardinality(String),
    country LowCardinality(String),
    device LowCardinality(String),
    verdict LowCardinality(String),
    reason LowCardinality(String),
    props Map(LowCardinality(String), String),
    version UInt64,
    INDEX by_version version TYPE minmax GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toYear(ts)
ORDER BY (campaign, kind, ts)
SETTINGS
    non_replicated_deduplication_window = 10000,
    fsync_after_insert = 1,
    fsync_part_directory = 1,
    old_parts_lifetime = 60,
    enable_block_number_column = 1,
    enable_block_offset_column = 1
