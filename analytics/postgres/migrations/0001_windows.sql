-- Aggregates by window size, what their series are, and where the sink has come to.
--
-- Invariant: a row of a window changes only to one of a later input position, and rows change only in
-- the transaction that moves the sink's position. So whatever is delivered again changes nothing.

-- The table of migrations is in this schema too, so it is there already when the program runs this; and a
-- user who owns the schema need not be one who may make others.
do $$ begin
    if to_regnamespace('isobar') is null then
        create schema isobar;
    end if;
end $$;
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

-- Which log the positions belong to: that of a Kafka cluster, or one of `isobar up`, which is
-- gone when its process ends.
create table sink_source (
    only_one boolean primary key default true check (only_one),
    kind text not null check (kind in ('kafka', 'up')),
    since timestamptz not null default now()
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

-- A row is written some twenty times before its window is final. With room on its page the new version
-- stays there and no index is touched; small and frequent vacuums keep that room. Partitions get the same
-- when they are made; a partitioned table itself takes no such settings.
do $$
declare size text;
begin
    foreach size in array array['1m', '5m', '15m', '1h', '1d'] loop
        execute format(
            'alter table window_%s_default set (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05, '
            'autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_cost_delay = 0)', size);
    end loop;
end $$;

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

-- The hash of a row: over the hash of the row before, and over the row as one JSON array, so that no two
-- rows have the same text.
create function audit_hash(
    before bytea, number bigint, written timestamptz, of_actor text, of_action text, of_detail jsonb
) returns bytea language sql immutable parallel safe as $$
    select sha256(before || convert_to(
        jsonb_build_array(number, (extract(epoch from written) * 1000000)::bigint, of_actor, of_action, of_detail)::text,
        'UTF8'))
$$;

-- Adds a row and gives its sequence. The lock lets one come after the other, so there are no gaps.
create function audit_append(of_actor text, of_action text, of_detail jsonb)
returns bigint language plpgsql as $$
declare
    last isobar.audit_log;
    number bigint;
    written timestamptz := clock_timestamp();
    before bytea;
begin
    lock table isobar.audit_log in share row exclusive mode;
    select * into last from isobar.audit_log order by sequence desc limit 1;
    number := coalesce(last.sequence, 0) + 1;
    before := coalesce(last.hash, sha256(''::bytea));
    insert into isobar.audit_log values (number, written, of_actor, of_action, of_detail, before,
        isobar.audit_hash(before, number, written, of_actor, of_action, of_detail));
    return number;
end $$;

-- The sequence of the first row that is not as it was written, or is missing; null while the chain holds.
-- Rows taken off the end leave a shorter chain that holds: who has to know keeps the last hash elsewhere.
create function audit_broken() returns bigint language sql stable as $$
    select min(expected) from (
        select
            row_number() over (order by sequence) as expected,
            sequence,
            previous,
            hash,
            lag(hash, 1, sha256(''::bytea)) over (order by sequence) as before,
            isobar.audit_hash(previous, sequence, time, actor, action, detail) as computed
        from isobar.audit_log
    ) as chain
    where sequence <> expected or previous <> before or hash <> computed
$$;

create function audit_refuse() returns trigger language plpgsql as $$
begin
    raise exception 'rows of isobar.audit_log are neither changed nor deleted'
        using errcode = 'insufficient_privilege';
end $$;
create trigger audit_log_stays before update or delete on audit_log
    for each row execute function audit_refuse();
create trigger audit_log_stays_whole before truncate on audit_log
    for each statement execute function audit_refuse();
