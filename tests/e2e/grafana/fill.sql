-- A small company, as the sink would have stored it up to this moment. Nothing is random: the same
-- numbers of series, days and minutes give the same rows at the same minute.
--
-- Set before: series (how many series of metrics), days (how far back the windows of one and five
-- minutes go), every_minutes (how often each of these series has a row of one minute).

set time zone 'UTC';
-- psql replaces variables outside of quotes only, so functions read them from here.
create temporary table fill as
select :series::int as series, :days::int as days, :every_minutes::int as every_minutes,
       date_trunc('minute', now()) as last_minute;

-- ---------------------------------------------------------------- partitions

do $$
declare
    day date;
    size text;
begin
    for day in select generate_series(last_minute - make_interval(days => days), last_minute + interval '1 day',
                                      interval '1 day') from fill loop
        foreach size in array array['1m', '5m'] loop
            execute format('create table isobar.window_%1$s_%2$s partition of isobar.window_%1$s for values from (%3$L) to (%4$L)',
                           size, to_char(day, 'YYYYMMDD'), day, day + 1);
        end loop;
    end loop;
    foreach size in array array['15m', '1h', '1d'] loop
        execute format('create table isobar.window_%1$s_recent partition of isobar.window_%1$s for values from (%2$L) to (%3$L)',
                       size, current_date - 60, current_date + 2);
    end loop;
end
$$;

-- ---------------------------------------------------------------- what is measured

insert into isobar.resource
select md5('resource ' || n)::uuid, (array['acme', 'globex'])[n % 2 + 1],
       jsonb_build_object('service.name', (array['checkout', 'orders', 'payments', 'search', 'o''reilly', 'mail'])[n % 6 + 1]
                                          || case when n < 6 then '' else '-' || n / 6 end,
                          'cloud.region', (array['eu-west-1', 'us-east-1', 'ap-south-1'])[n % 3 + 1],
                          'cloud.account.id', lpad((n % 4)::text, 12, '0'), 'host.name', 'host-' || n)
from fill, generate_series(0, greatest(fill.series / 5 - 1, 5)) n;

insert into isobar.series
select hashint8extended(n, 0), (array['acme', 'globex'])[n / 5 % 2 + 1],
       (array['http.server.request.duration', 'http.server.requests', 'system.cpu.utilization',
              'system.memory.usage', 'queue.depth'])[n % 5 + 1],
       (array['ms', '{request}', '1', 'By', '{message}'])[n % 5 + 1],
       case n % 5 when 1 then 'cumulative' else 'gauge' end, 'metric', md5('resource ' || n / 5)::uuid,
       jsonb_build_object('http.route', '/' || n % 7), now() - interval '1 hour'
from fill, generate_series(0, fill.series - 1) n;

create temporary table measured as
with kind(kind) as (values ('identity'), ('network'), ('storage'), ('compute'), ('deployment')),
grouped(measure, labels, weight) as (
    select 'events', jsonb_build_object('kind', kind, 'outcome', outcome), case outcome when 'success' then 40 else 3 end
    from kind, (values ('success'), ('failure')) outcome(outcome)
    union all select 'events_by_action', jsonb_build_object('action', 'Action' || n), 30 - n from generate_series(1, 24) n
    union all select 'events_by_region', jsonb_build_object('region', region), 20
    from (values ('eu-west-1'), ('us-east-1'), ('ap-south-1')) region(region)
    union all select 'failures', jsonb_build_object('kind', kind), 43 from kind
    union all select 'actors', jsonb_build_object('kind', kind), 43 from kind
)
select hashint8extended(1000000 + row_number() over (order by tenant, measure, labels), 0) as series,
       tenant, measure, labels, weight
from grouped, (values ('acme'), ('globex')) tenant(tenant);

insert into isobar.series
select series, tenant, measure, null, 'delta', 'audit', md5('events of ' || tenant)::uuid,
       labels || '{"source_class": "audit"}', now() - interval '1 hour'
from measured;

-- ---------------------------------------------------------------- windows

-- How a value goes up and down, from 0 to 1, with the day and a little from minute to minute.
create function pg_temp.wave(seed bigint, minute bigint) returns double precision language sql immutable
return 0.5 + 0.3 * sin((minute % 1440) / 229.2 + seed % 7) + ((seed * 7919 + minute * 104729) % 1000) / 5000.0;

create procedure pg_temp.fill_windows(size text, minutes int, days_back int) language plpgsql as $$
declare
    since timestamptz;
    every int;
begin
    select date_bin(make_interval(mins => minutes), last_minute, '2000-01-01 UTC') - make_interval(days => coalesce(days_back, days)),
           case size when '1m' then every_minutes else 1 end
    into since, every from fill;
    -- Of a metric: 30 values a minute around 100.
    execute format($sql$
        insert into isobar.window_%s
        select series, start, case when start + make_interval(mins => %2$s) > now() - interval '30 s' then 0
                                   when n %% 50 = 0 then 2 else 1 end,
               n %% 4, 30 * %2$s, v * 30 * %2$s, v * 0.5, v * 3, v, v * 1.1, v, v * 0.2, v * 0.9, v * 1.6, v * 2, v * 2.7,
               null, case n %% 5 when 1 then v * 30 end, case n %% 5 when 1 then v / 2 end, null, 0,
               n %% 16, 1, n, least(now(), start + make_interval(mins => %2$s) + interval '2 s'),
               least(now(), start + make_interval(mins => %2$s) + interval '3 s')
        from (select hashint8extended(n, 0) as series, n, at as start,
                     100 * pg_temp.wave(n, extract(epoch from at)::bigint / 60) as v
              from fill, generate_series($1, fill.last_minute, make_interval(mins => %2$s)) at
              cross join generate_series((extract(epoch from at)::bigint / 60 %% $2)::int, fill.series - 1, $2) n) rows
    $sql$, size, minutes) using since, every;
    -- Of events: counts, the share of failures, and how many did it.
    execute format($sql$
        insert into isobar.window_%s
        select series, start, case when start + make_interval(mins => %2$s) > now() - interval '15 min' then 0 else 1 end,
               1, c, case measure when 'failures' then c * 0.07 when 'actors' then null else c end, null, null, null, null,
               case measure when 'failures' then 0.07 end, null, null, null, null, null,
               case measure when 'actors' then c / 9 + 1 end, null, c / (60.0 * %2$s), null, 0, 0, 1, 1,
               least(now(), start + make_interval(mins => %2$s) + interval '40 s'),
               least(now(), start + make_interval(mins => %2$s) + interval '41 s')
        from (select measured.series, measure, at as start,
                     (1 + weight * %2$s * pg_temp.wave(measured.series %% 100, extract(epoch from at)::bigint / 60))::bigint as c
              from fill, measured, generate_series($1, fill.last_minute, make_interval(mins => %2$s)) at) rows
    $sql$, size, minutes) using since;
end
$$;

call pg_temp.fill_windows('1m', 1, null);
call pg_temp.fill_windows('5m', 5, null);
call pg_temp.fill_windows('15m', 15, null);
call pg_temp.fill_windows('1h', 60, 7);
call pg_temp.fill_windows('1d', 1440, 30);

-- ---------------------------------------------------------------- the pipeline itself

insert into isobar.sink_position
select topic, partition, 81215, now() - interval '2 s', now(), 81215 + partition * 3
from (values ('isobar.aggregates'), ('isobar.signals'), ('isobar.balance')) topic(topic), generate_series(0, 15) partition;

insert into isobar.balance
select 'processors', 'isobar.in.' || kind, partition, format, 9000, 9000, 90000, 20000, 63000, 5000, 900, 1000, 100, now()
from (values ('metrics', 'otlp-metrics'), ('metrics', 'prometheus'), ('audit', 'cloudtrail'), ('code', 'github')) kind(kind, format),
     generate_series(0, 15) partition;

insert into isobar.dead_letter
select md5('dead letter ' || n)::uuid, (array['acme', 'globex'])[n % 2 + 1],
       now() - make_interval(secs => n * 173), 'processors', 'isobar.in.audit', n % 16, 1000 + n, array['cloudtrail'],
       (array['`eventTime` is no time: write it as 2026-03-01T12:00:00Z', 'is no JSON: `}` is missing at byte 812'])[n % 2 + 1],
       812 + n, now() - make_interval(secs => n * 173)
from generate_series(1, 3000) n;

-- ---------------------------------------------------------------- findings, alerts, incidents

create temporary table told as
select n, now() - make_interval(mins => n) as at, s.tenant, s.id as series, s.resource, s.measure, r.attributes,
       jsonb_build_object('id', isobar.hex(s.resource), 'attributes', r.attributes) as about
from generate_series(1, 800) n
join isobar.series s on s.id = hashint8extended(n % 30, 0)
join isobar.resource r on r.id = s.resource;

insert into isobar.finding
select md5('finding ' || n)::uuid, tenant, at, series, resource,
       jsonb_build_object('detector', (array['tail.shift', 'forecast.exhaustion', 'silence'])[n % 3 + 1],
           'fingerprint', md5('condition ' || n % 30), 'resource', about, 'series', isobar.hex(series), 'measure', measure,
           'window_start_ms', (extract(epoch from date_trunc('minute', at)) * 1000)::bigint, 'window_size_ms', 60000,
           'position', '{"partition": 7, "offset": 81215, "row": 44}'::jsonb,
           'severity', (array['low', 'critical', 'medium', 'high'])[n % 4 + 1],
           'score', 1.5 + n % 9, 'threshold', 1.5, 'observed', 900 + n, 'expected', '{"low": 80.25, "high": 140.75}'::jsonb,
           'reason', 'the mean of the last minute lies ' || n % 9 + 3 || ' deviations above that of the last hour'),
       at + interval '2 s'
from told;

-- Every third finding raises an alert; two alerts are an incident; what is older than six hours is over.
create temporary table raised as
select n / 3 as number, md5('alert ' || n / 3)::uuid as alert, told.*,
       case when n % 5 > 0 then md5('incident ' || n / 6)::uuid end as incident,
       case when at < now() - interval '6 hours' then at + interval '40 min' end as ends_at,
       (array['warning', 'critical', 'info', 'emergency'])[n % 4 + 1] as level
from told where n % 3 = 0;

create temporary table alert_record as
select *, jsonb_build_object('alert', isobar.hex(alert), 'revision', 1, 'fingerprint', md5('condition ' || n % 30),
    'state', case when ends_at is null then 'firing' else 'resolved' end, 'level', level,
    'title', attributes ->> 'service.name' || ' answers ten times slower', 'reason', 'response time rose within a minute of a deploy',
    'rule', jsonb_build_object('rule', 'latency-after-deploy', 'version', md5('rule')), 'labels', '{"team": "payments"}'::jsonb,
    'resource', about, 'starts_at_ms', (extract(epoch from at) * 1000)::bigint, 'count', 14, 'evidence', jsonb_build_array(
        jsonb_build_object('record', md5('finding ' || n), 'role', 'trigger', 'time_ms', (extract(epoch from at) * 1000)::bigint,
            'weight', 1, 'reason', 'tail.shift scored 4.25 at a threshold of 1.5'))) as record
from raised;

insert into isobar.alert
select alert, tenant, 1, md5('condition ' || n % 30)::uuid, record ->> 'state', level, record ->> 'title', at, ends_at,
       incident, record, now()
from alert_record;
insert into isobar.alert_history
select alert, revision, case revision when 0 then at else ends_at end, case revision when 0 then 'firing' else 'resolved' end,
       level, record, now()
from alert_record, generate_series(0, 1) revision
where revision = 0 or ends_at is not null;

create temporary table incident_record as
select incident, tenant, min(at) as opened_at, case when count(ends_at) = count(*) then max(ends_at) end as resolved_at,
       count(*)::int as alerts, (array_agg(level order by array_position(array['emergency', 'critical', 'warning', 'info'], level)))[1] as level,
       jsonb_build_object('incident', isobar.hex(incident), 'revision', 1, 'seed', isobar.hex((array_agg(alert order by at))[1]),
           'state', case when count(ends_at) = count(*) then 'resolved' else 'open' end,
           'title', (array_agg(attributes ->> 'service.name' order by at))[1] || ' after deploy-' || min(number),
           'alerts', jsonb_agg(isobar.hex(alert) order by at),
           'links', jsonb_build_array(jsonb_build_object('from', isobar.hex((array_agg(alert order by at))[1]),
               'to', isobar.hex((array_agg(alert order by at desc))[1]), 'score', 0.875, 'reasons', jsonb_build_array(
                   jsonb_build_object('strategy', 'graph', 'score', 0.7, 'reason', 'checkout calls orders-db'),
                   jsonb_build_object('strategy', 'temporal', 'score', 0.5, 'reason', 'the second followed the first 14 of 17 times')))),
           'causes', jsonb_build_array(jsonb_build_object('resource', (array_agg(about order by at))[1], 'score', 0.75,
               'reason', 'no resource it depends on behaves unusually'))) as record
from raised where incident is not null
group by incident, tenant;

insert into isobar.incident
select incident, tenant, 1, record ->> 'state', level, record ->> 'title', opened_at, resolved_at, alerts, record, now()
from incident_record
on conflict (id) do nothing;
insert into isobar.incident_history
select incident, revision, case revision when 0 then opened_at else resolved_at end,
       case revision when 0 then 'open' else 'resolved' end, level, record, now()
from incident_record, generate_series(0, 1) revision
where revision = 0 or resolved_at is not null
on conflict (id, revision) do nothing;

analyze isobar.series, isobar.resource, isobar.finding, isobar.alert, isobar.alert_history, isobar.incident,
    isobar.incident_history, isobar.dead_letter, isobar.balance, isobar.sink_position,
    isobar.window_1m, isobar.window_5m, isobar.window_15m, isobar.window_1h, isobar.window_1d;
