-- What dashboards read: a role that can only read, and views in the words of people.
--
-- Invariant: a view here costs what its filters leave, never what its tables hold. So no view groups
-- or sorts a table of windows as a whole; a filter on `start` reaches the partitions, one on `measure`
-- or `series_key` an index of `series`.

-- Roles belong to the whole cluster: one that is there already, made by an administrator or by another
-- database, is left as it is. It may log in, but has no password: until it is given one, a server that
-- asks for passwords lets nobody in by it.
do $$
begin
    if not exists (select from pg_roles where rolname = 'isobar_grafana') then
        create role isobar_grafana login;
        alter role isobar_grafana set default_transaction_read_only = on;
        alter role isobar_grafana set statement_timeout = '10s';
    end if;
exception
    -- Another database was migrated at the same moment, and made it.
    when duplicate_object or unique_violation then null;
    when insufficient_privilege then
        raise exception 'there is no role isobar_grafana, and % may not create it', current_user
            using hint = 'Let an administrator run: create role isobar_grafana login; '
                'alter role isobar_grafana set default_transaction_read_only = on; '
                'alter role isobar_grafana set statement_timeout = ''10s''; then migrate again.';
end
$$;

set local search_path = isobar;

-- Ids as records on the topics show them. As text they also keep all their digits in a browser, whose
-- numbers have 53 bits.
create function hex(id uuid) returns text
    language sql immutable parallel safe
    return replace(id::text, '-', '');
create function hex(id bigint) returns text
    language sql immutable parallel safe
    return lpad(to_hex(id), 16, '0');
create index on series (hex(id));
create index on resource ((attributes ->> 'service.name'));
create index on alert (hex(incident));
create index on incident (hex(id));
create index on alert_history (time);
create index on incident_history (time);

-- `kind=iam, outcome=failure`: labels in one line, without quotation marks.
create function label_text(labels jsonb) returns text
    language sql immutable parallel safe
    return (select coalesce(string_agg(key || '=' || value, ', ' order by key), '')
            from jsonb_each_text(labels));

-- ---------------------------------------------------------------- windows

create view v_series as
select
    s.id as series,
    hex(s.id) as series_key,
    s.tenant,
    s.measure,
    s.unit,
    s.temporality,
    s.source_class,
    hex(s.resource) as resource,
    coalesce(r.attributes ->> 'service.name', '(none)') as service,
    r.attributes ->> 'cloud.region' as region,
    r.attributes ->> 'cloud.account.id' as account,
    r.attributes ->> 'host.name' as host,
    s.labels,
    label_text(s.labels) as label_text,
    s.defined_at
from series s
left join resource r on r.id = s.resource;

-- One view for each size of window. A window whose series has not been defined yet is not in them.
do $$
declare
    size text;
begin
    foreach size in array array['1m', '5m', '15m', '1h', '1d'] loop
        execute format($view$
            create view isobar.v_window_%1$s as
            select
                w.start, w.series, s.series_key, s.tenant, s.measure, s.unit, s.temporality,
                s.source_class, s.service, s.region, s.account, s.host, s.labels, s.label_text,
                case w.state when 0 then 'provisional' when 1 then 'final' else 'correction' end as state,
                w.revision, w.count, w.sum, w.min, w.max, w.first, w.last, w.mean, w.deviation,
                w.p50, w.p90, w.p95, w.p99, w.distinct_count, w.increase, w.rate,
                w.stale_since, w.unusable, w.arrival, w.stored_at
            from isobar.window_%1$s w
            join isobar.v_series s on s.series = w.series
        $view$, size);
    end loop;
end
$$;

-- ---------------------------------------------------------------- the pipeline itself

-- What was found less all it became is `open`: zero, or something was lost or made up.
create view v_balance as
select
    service, topic, format,
    sum(read)::bigint as read,
    sum(found)::bigint as found,
    sum(events)::bigint as events,
    sum(points)::bigint as points,
    sum(duplicates)::bigint as duplicates,
    sum(late)::bigint as late,
    sum(filtered)::bigint as filtered,
    sum(dead_letters)::bigint as dead_letters,
    sum(found - events - points - duplicates - late - filtered - dead_letters)::bigint as open,
    max(stored_at) as stored_at
from balance
group by service, topic, format;

-- How old the newest figures are. The greatest arrival of all rows would be a scan: the rows of the
-- newest windows, by the index on `start`, hold it unless only older windows were corrected since.
create view v_freshness as
select
    max(newest.start) as newest_window,
    max(newest.arrival) as newest_arrival,
    extract(epoch from now() - max(newest.arrival))::double precision as age_seconds
from (select start, arrival from window_1m order by start desc limit 1000) newest;

-- What is left to store. Commits take offsets too, so a lag of a few records may be none.
create view v_sink_lag as
select
    topic, partition, next_offset, end_offset,
    greatest(end_offset - next_offset, 0) as lag,
    arrival, stored_at,
    extract(epoch from now() - arrival)::double precision as age_seconds
from sink_position;

-- Whether rows lie outside of all partitions: then partitions were not made in time.
create view v_unpartitioned as
select '1m' as size, exists (select from window_1m_default) as rows_exist
union all select '5m', exists (select from window_5m_default)
union all select '15m', exists (select from window_15m_default)
union all select '1h', exists (select from window_1h_default)
union all select '1d', exists (select from window_1d_default);

-- ---------------------------------------------------------------- findings, alerts, incidents

create view v_finding as
select
    hex(f.id) as finding,
    f.time, f.tenant,
    hex(f.series) as series_key,
    hex(f.resource) as resource,
    coalesce(f.record #>> '{resource,attributes,service.name}', '(none)') as service,
    f.record ->> 'detector' as detector,
    f.record ->> 'measure' as measure,
    f.record ->> 'severity' as severity,
    array_position(
        array['unknown', 'informational', 'low', 'medium', 'high', 'critical', 'fatal'],
        f.record ->> 'severity') - 1 as severity_rank,
    (f.record ->> 'score')::double precision as score,
    (f.record ->> 'threshold')::double precision as threshold,
    (f.record ->> 'observed')::double precision as observed,
    (f.record #>> '{expected,low}')::double precision as expected_low,
    (f.record #>> '{expected,high}')::double precision as expected_high,
    f.record ->> 'reason' as reason,
    f.record ->> 'fingerprint' as fingerprint,
    to_timestamp((f.record ->> 'window_start_ms')::double precision / 1000) as window_start,
    (f.record ->> 'window_size_ms')::double precision / 1000 as window_seconds,
    f.stored_at
from finding f;

create view v_alert as
select
    hex(a.id) as alert,
    a.tenant, a.revision, a.state, a.level,
    array_position(array['info', 'warning', 'critical', 'emergency'], a.level) - 1 as level_rank,
    a.title,
    a.record ->> 'reason' as reason,
    a.record #>> '{rule,rule}' as rule,
    coalesce(a.record #>> '{resource,attributes,service.name}', '(none)') as service,
    a.starts_at, a.ends_at,
    extract(epoch from coalesce(a.ends_at, now()) - a.starts_at)::double precision as duration_seconds,
    (a.record ->> 'count')::bigint as count,
    hex(a.incident) as incident,
    hex(a.fingerprint) as fingerprint,
    a.stored_at
from alert a;

create view v_incident as
select
    hex(i.id) as incident,
    i.tenant, i.revision, i.state, i.level,
    array_position(array['info', 'warning', 'critical', 'emergency'], i.level) - 1 as level_rank,
    i.title, i.opened_at, i.resolved_at,
    extract(epoch from coalesce(i.resolved_at, now()) - i.opened_at)::double precision as duration_seconds,
    i.alerts,
    i.record #>> '{causes,0,resource,attributes,service.name}' as likely_cause,
    i.record #>> '{causes,0,reason}' as cause_reason,
    i.record ->> 'merged_into' as merged_into,
    i.record ->> 'follows' as follows,
    i.stored_at
from incident i;

-- Why alerts are in one incident: a row for each reason of each link.
create view v_incident_link as
select
    hex(i.id) as incident,
    link ->> 'from' as from_alert,
    link ->> 'to' as to_alert,
    (link ->> 'score')::double precision as link_score,
    reason ->> 'strategy' as strategy,
    (reason ->> 'score')::double precision as score,
    reason ->> 'reason' as reason
from incident i
cross join jsonb_array_elements(i.record -> 'links') link
cross join jsonb_array_elements(link -> 'reasons') reason;

-- What happened to an incident and to its alerts, a row for each change of state.
create view v_incident_timeline as
select
    hex(h.id) as incident, h.time, 'incident' as what, h.revision, h.state, h.level,
    h.record ->> 'title' as title, '' as service, '' as reason
from incident_history h
union all
select
    hex(a.incident), h.time, 'alert', h.revision, h.state, h.level,
    h.record ->> 'title',
    coalesce(h.record #>> '{resource,attributes,service.name}', '(none)'),
    h.record ->> 'reason'
from alert a
join alert_history h on h.id = a.id
union all
select
    hex(a.incident),
    to_timestamp((evidence ->> 'time_ms')::double precision / 1000),
    'evidence', a.revision, evidence ->> 'role', a.level, a.title,
    coalesce(a.record #>> '{resource,attributes,service.name}', '(none)'),
    evidence ->> 'reason'
from alert a
cross join jsonb_array_elements(a.record -> 'evidence') evidence;
create index on incident_history (hex(id));

-- ---------------------------------------------------------------- what the role may do

grant usage on schema isobar to isobar_grafana;
grant select on all tables in schema isobar to isobar_grafana;
-- Who edits a dashboard can read all that the role can: who did what is not for dashboards.
revoke select on audit_log from isobar_grafana;
-- Partitions to come, made by who migrates. Parent tables need no more than the grant above.
alter default privileges in schema isobar grant select on tables to isobar_grafana;
