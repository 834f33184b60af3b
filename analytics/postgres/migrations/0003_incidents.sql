-- What incidents tell since version 1.1 of their records, and findings without what is said of a condition
-- while it lasts and when it is over.

set local search_path = isobar;
create or replace view v_finding as
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
from finding f
where coalesce(f.record #>> '{condition,status}', 'begins') = 'begins';

create or replace view v_incident as
select
    hex(i.id) as incident,
    i.tenant, i.revision, i.state, i.level,
    array_position(array['info', 'warning', 'critical', 'emergency'], i.level) - 1 as level_rank,
    i.title, i.opened_at, i.resolved_at,
    extract(epoch from coalesce(i.resolved_at, now()) - i.opened_at)::double precision as duration_seconds,
    i.alerts,
    coalesce(
        i.record #>> '{causes,0,resource,attributes,service.name}',
        i.record #>> '{causes,0,resource,attributes,name}') as likely_cause,
    i.record #>> '{causes,0,reason}' as cause_reason,
    i.record ->> 'merged_into' as merged_into,
    i.record ->> 'follows' as follows,
    i.stored_at,
    i.record #>> '{recommendations,0,text}' as recommendation,
    coalesce(jsonb_array_length(i.record -> 'affected'), 0) as affected
from incident i;

-- What happened to an incident and to its alerts, a row for each change of state, and what happened beside:
-- changes, tickets, messages, what people asked.
create or replace view v_incident_timeline as
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
cross join jsonb_array_elements(a.record -> 'evidence') evidence
union all
select
    hex(i.id),
    to_timestamp((moment ->> 'at_ms')::double precision / 1000),
    moment ->> 'kind', i.revision, i.state, i.level, moment ->> 'title', '',
    coalesce('by ' || (moment ->> 'by'), '')
from incident i
cross join jsonb_array_elements(i.record -> 'timeline') moment
where moment ->> 'kind' not in ('alert', 'ended');

-- What an incident may touch, the nearest first.
create view v_incident_affected as
select
    hex(i.id) as incident,
    affected ->> 'kind' as kind,
    affected ->> 'name' as name,
    (affected ->> 'steps')::int as steps,
    affected ->> 'reason' as reason
from incident i
cross join jsonb_array_elements(i.record -> 'affected') affected;

grant select on v_incident_affected to isobar_grafana;
