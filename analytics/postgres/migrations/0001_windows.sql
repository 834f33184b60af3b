-- Aggregates by window size, what their series are, and where the sink has come to.
--
-- Invariant: a row of a window changes only to one of a later input position, and rows change only in
-- the transaction that moves the sink's position. So whatever is delivered again changes nothing.

create schema isobar;
set local search_path = isobar;

-- Where the sink goes on, by input partition.
create table sink_position (
    topic text not null,
    partition int not null,
    next_offset bigint not null,
    -- Of the last record stored: when it came in, and when it was stored.
    arrival timestamptz,
    stored_at timestamptz not null default now(),
    -- The end of the partition when it was last asked for: what is left to store.
    end_offset bigint,
    primary key (topic, partition)
);

-- What a resource is: the latest that a series said of it.
create table resource (
    id uuid primary key,
    tenant text not null,
    attributes jsonb not null
);
create index on resource (tenant);

-- What is measured. Rows of windows have no reference to it: the definition may come after them.
create table series (
    id bigint primary key, -- the bits of the series id
    tenant text not null,
    measure text not null,
    unit text,
    temporality text not null, -- gauge, cumulative, delta
    source_class text not null,
    resource uuid not null,
    labels jsonb not null, -- of a series, or what a group-by names
    defined_at timestamptz not null
);
create index on series (tenant, measure);
create index on series (measure);
create index on series (resource);
create index on series using gin (labels jsonb_path_ops);

-- One table for each size of window, each partitioned by the start of the window.
create table window_1m (
    series bigint not null,
    start timestamptz not null,
    state smallint not null, -- 0 provisional, 1 final, 2 correction
    revision int not null,
    count bigint not null,
    sum double precision,
    min double precision,
    max double precision,
    first double precision,
    last double precision,
    mean double precision,
    deviation double precision,
    p50 double precision,
    p90 double precision,
    p95 double precision,
    p99 double precision,
    distinct_count bigint,
    increase double precision,
    rate double precision,
    stale_since timestamptz,
    unusable bigint not null default 0,
    -- The guard: the input position of the last change, and where the record lay.
    input_partition int not null,
    input_offset bigint not null,
    input_row int not null,
    -- Freshness: the last arrival folded in, and when the row was written.
    arrival timestamptz not null,
    stored_at timestamptz not null,
    primary key (series, start)
) partition by range (start);
create table window_5m (like window_1m including defaults including indexes) partition by range (start);
create table window_15m (like window_1m including defaults including indexes) partition by range (start);
create table window_1h (like window_1m including defaults including indexes) partition by range (start);
create table window_1d (like window_1m including defaults including indexes) partition by range (start);
create index on window_1m (start);
create index on window_5m (start);
create index on window_15m (start);
create index on window_1h (start);
create index on window_1d (start);

-- Rows outside of all partitions end here, and are counted: nothing is refused for its time.
create table window_1m_default partition of window_1m default;
create table window_5m_default partition of window_5m default;
create table window_15m_default partition of window_15m default;
create table window_1h_default partition of window_1h default;
create table window_1d_default partition of window_1d default;

-- Where everything went, by service, topic, partition and format: the latest balance of each.
create table balance (
    service text not null,
    topic text not null,
    partition int not null,
    format text not null,
    next_offset bigint not null,
    read bigint not null,
    found bigint not null,
    events bigint not null,
    points bigint not null,
    duplicates bigint not null,
    late bigint not null,
    filtered bigint not null,
    dead_letters bigint not null,
    stored_at timestamptz not null,
    primary key (service, topic, partition, format)
);

-- For the later services: what was found, what fires, what belongs together. `record` is the payload.
create table finding (
    id uuid primary key,
    tenant text not null,
    time timestamptz not null,
    series bigint,
    resource uuid,
    record jsonb not null,
    stored_at timestamptz not null
);
create index on finding (time);
create index on finding (series, time);

create table alert (
    id uuid primary key,
    tenant text not null,
    revision int not null,
    fingerprint uuid not null,
    state text not null,
    level text not null,
    title text not null,
    starts_at timestamptz not null,
    ends_at timestamptz,
    incident uuid,
    record jsonb not null,
    stored_at timestamptz not null
);
create index on alert (starts_at);
create index on alert (incident);
create table alert_history (
    id uuid not null,
    revision int not null,
    time timestamptz not null,
    state text not null,
    level text not null,
    record jsonb not null,
    stored_at timestamptz not null,
    primary key (id, revision)
);

create table incident (
    id uuid primary key,
    tenant text not null,
    revision int not null,
    state text not null,
    level text not null,
    title text not null,
    opened_at timestamptz not null,
    resolved_at timestamptz,
    alerts int not null,
    record jsonb not null,
    stored_at timestamptz not null
);
create index on incident (opened_at);
create table incident_history (
    id uuid not null,
    revision int not null,
    time timestamptz not null,
    state text not null,
    level text not null,
    record jsonb not null,
    stored_at timestamptz not null,
    primary key (id, revision)
);

create table dead_letter (
    id uuid primary key,
    tenant text not null,
    arrival timestamptz not null,
    service text not null,
    topic text not null,
    partition int not null,
    record_offset bigint not null,
    formats text[] not null,
    reason text not null,
    value_bytes bigint not null,
    stored_at timestamptz not null
);
create index on dead_letter (arrival);

-- Who did what. Each row holds the hash of the row before: what was changed or taken out shows.
create table audit_log (
    sequence bigint primary key,
    time timestamptz not null,
    actor text not null,
    action text not null,
    detail jsonb not null,
    previous bytea not null,
    hash bytea not null
);
