"""The same silver and gold tables by hand-written DuckDB SQL: what a careful analyst would write, one statement a table."""

LEGS = r"""
create table sql_legs as
with repeated as (
    select "CallId", "LegNumber" from bronze.telephony__queue_cdr group by all having count(*) > 1
),
latest as (
    select b.* from bronze.telephony__queue_cdr b anti join repeated using ("CallId", "LegNumber")
    union all
    select b.* from bronze.telephony__queue_cdr b semi join repeated using ("CallId", "LegNumber")
    qualify row_number() over (
        partition by "CallId", "LegNumber" order by "Updated" desc, _batch_id desc, _row_hash desc
    ) = 1
)
select
    'telephony' as source, "CallId" as call_id, "LegNumber" as leg_number, nullif(trim("QueueId"), '') as queue_id,
    nullif(trim("UserId"), '') as agent_id,
    case lower(trim("Status")) when 'answered' then 'answered' when 'abandoned' then 'abandoned'
        when 'transferred' then 'transferred' else 'other' end as status,
    case when "Created" >= timestamp '2025-10-26 03:00:00' then "Created" - interval 1 hour
        when "Created" >= timestamp '2025-03-30 03:00:00' then "Created" - interval 2 hour
        else "Created" - interval 1 hour end as started_at,
    "Created" as started_at_local, cast(null as double) as menu_seconds,
    case when "WaitTimeInSec" between 0 and 7200 then cast("WaitTimeInSec" as double) end as wait_seconds,
    case when "TalkTimeInSec" between 0 and 14400 then cast("TalkTimeInSec" as double) end as talk_seconds,
    case when "HoldTimeInSec" between 0 and 7200 then cast("HoldTimeInSec" as double) end as hold_seconds,
    case when "AfterCallTimeInSec" between 0 and 7200 then cast("AfterCallTimeInSec" as double) end
        as after_call_seconds,
    case lower(trim("ChannelType")) when 'phone' then 'voice' when 'chat' then 'chat' when 'mail' then 'email'
        else "ChannelType" end as channel,
    nullif(regexp_replace("LandingNumber", '[^0-9]', '', 'g'), '') as landing_number,
    nullif(regexp_extract(regexp_replace("callerNr", '[^0-9+]', '', 'g'),
        '^(?:(?:[+]|00)?46|[+]|00)?0*([1-9][0-9]{6,})$', 1), '') as caller_number,
    cast(null as varchar) as customer_id, nullif("CaseId", '') as case_id,
    _business_date as business_date, _row_hash as row_hash, _batch_id as batch_id
from latest
where lower(trim("QueueId")) <> 'test' and coalesce(trim("callerNr") <> '+46740000001', true)
    and not ("Created" >= timestamp '2025-03-30 02:00:00' and "Created" < timestamp '2025-03-30 03:00:00')
"""
REJECTED = r"""
create table sql_rejected as
with repeated as (
    select "CallId", "LegNumber" from bronze.telephony__queue_cdr group by all having count(*) > 1
),
suspects as (
    select * from bronze.telephony__queue_cdr
    where lower(trim("QueueId")) = 'test' or trim("callerNr") = '+46740000001' or "TalkTimeInSec" < 0
        or "TalkTimeInSec" > 14400 or "WaitTimeInSec" < 0 or "WaitTimeInSec" > 7200
),
latest as (
    select * from suspects anti join repeated using ("CallId", "LegNumber")
    union all
    select v.* from (
        select b.* from bronze.telephony__queue_cdr b semi join repeated using ("CallId", "LegNumber")
        qualify row_number() over (
            partition by "CallId", "LegNumber" order by "Updated" desc, _batch_id desc, _row_hash desc
        ) = 1
    ) v semi join suspects using (_row_hash, _batch_id)
),
found as (
    select *, unnest([
        case when lower(trim("QueueId")) = 'test' then 'excluded_test_queue' end,
        case when trim("callerNr") = '+46740000001' then 'excluded_number' end,
        case when "TalkTimeInSec" < 0 then 'negative_talk_seconds' end,
        case when "TalkTimeInSec" > 14400 then 'absurd_talk_seconds' end]) as rule
    from latest l
)
select 'telephony' as source, 'queue_cdr' as "table", _row_hash as row_hash, rule, rule like 'excluded%' as is_row_refused,
    rule || ': ' || coalesce(cast("TalkTimeInSec" as varchar), '') as reason,
    to_json(struct_pack(call := "CallId", leg := "LegNumber", status := "Status", created := "Created",
        queue := "QueueId", caller := "callerNr", wait := "WaitTimeInSec", talk := "TalkTimeInSec")) as raw,
    _batch_id as batch_id, _ingested_at as seen_at, _business_date as business_date
from found where rule is not null
    and (rule like 'excluded%' or not (lower(trim("QueueId")) = 'test' or coalesce(trim("callerNr") = '+46740000001', false)))
"""
CALLS = r"""
create table sql_calls as
with legs as (
    select *, status in ('answered', 'transferred') as is_answered,
        case when talk_seconds is not null or hold_seconds is not null or after_call_seconds is not null
            then coalesce(talk_seconds, 0) + coalesce(hold_seconds, 0) + coalesce(after_call_seconds, 0) end as handle
    from sql_legs
),
several as (select call_id from legs group by call_id having count(*) > 1),
placed as (
    select *, row_number() over w as place, min(case when is_answered then leg_number end) over (partition by call_id)
            as answer_leg, count(*) over (partition by call_id) as legs_of_call,
        case when is_answered then 'answered' when status = 'abandoned' then 'abandoned' else 'other' end as leg_outcome,
        date_diff('second', lag(started_at) over w, started_at) as since, lag(wait_seconds) over w as waited
    from legs semi join several using (call_id)
    window w as (partition by call_id order by leg_number)
),
attributed as (
    select source, call_id, queue_id, queue_id as final_queue_id, cast(0 as bigint) as transfers, channel,
        landing_number, started_at as arrived_at, started_at_local as arrived_at_local, caller_number as caller_key,
        case when is_answered then agent_id end as agent_id,
        case when is_answered then 'answered' when status = 'abandoned' then 'abandoned' else 'other' end as outcome,
        wait_seconds, handle as handle_seconds, case_id, false as has_overlapping_legs,
        coalesce(status = 'abandoned' and talk_seconds > 0, false) as is_abandoned_with_talk, row_hash
    from legs anti join several using (call_id)
    union all
    select min(source), call_id, max(queue_id) filter (place = 1),
        arg_max(queue_id, place) filter (answer_leg is null or leg_outcome <> 'other'),
        max(legs_of_call) - 1, max(channel) filter (place = 1), max(landing_number) filter (place = 1),
        max(started_at) filter (place = 1), max(started_at_local) filter (place = 1),
        max(caller_number) filter (place = 1), arg_max(agent_id, place) filter (is_answered and agent_id is not null),
        arg_max(leg_outcome, place) filter (answer_leg is null or leg_outcome <> 'other') as decided,
        sum(wait_seconds) filter (leg_number <= coalesce(answer_leg, leg_number)),
        sum(handle) filter (is_answered or answer_leg is null), max(case_id) filter (place = 1),
        bool_or(coalesce((since <= 0 and (waited is null or waited > 0)) or since + 1 < waited, false)),
        decided = 'abandoned' and bool_or(coalesce(status in ('answered', 'abandoned') and talk_seconds > 0, false)),
        max(row_hash) filter (place = 1)
    from placed group by call_id
),
redials as (
    select call_id from (
        select call_id, arrived_at, lag(outcome) over w as before, lag(arrived_at) over w as before_at
        from attributed where caller_key is not null
        window w as (partition by caller_key, queue_id order by arrived_at, row_hash)
    ) where before = 'abandoned' and arrived_at > before_at and arrived_at <= before_at + interval 300 second
),
customers as (
    select regexp_replace("LandingNumber", '[^0-9]', '', 'g') as landing_number,
        min(coalesce(nullif("ParentCustomerId", ''), "CustomerId")) as customer_key
    from bronze.telephony__customers group by 1
)
select a.source, a.call_id, a.queue_id, final_queue_id, transfers, channel, arrived_at, arrived_at_local,
    cast(arrived_at_local as date) as business_date, c.customer_key, caller_key, agent_id, outcome, wait_seconds,
    handle_seconds, r.call_id is not null as is_redial,
    case when isodow(arrived_at_local) <= 5 then hour(arrived_at_local) between 7 and 20
        when isodow(arrived_at_local) = 6 then hour(arrived_at_local) between 10 and 15 else false end
        and cast(arrived_at_local as date) not in ({holidays}) as is_open,
    case_id, has_overlapping_legs, is_abandoned_with_talk
from attributed a left join redials r using (call_id) left join customers c using (landing_number)
"""
INTERVALS = r"""
create table sql_intervals as
with spans as (
    select queue_id, min(business_date) as first_date from sql_calls group by queue_id
),
grid as (
    select queue_id, s as interval_start, s + case when s >= timestamp '2025-10-26 01:00:00' then interval 1 hour
        when s >= timestamp '2025-03-30 01:00:00' then interval 2 hour else interval 1 hour end as interval_start_local
    from spans, generate_series(timestamp '2025-01-05 23:00:00',
        (select cast(max(business_date) + 1 as timestamp) - interval 90 minute from sql_calls), interval 30 minute) g(s)
),
measured as (
    select queue_id, time_bucket(interval 30 minute, arrived_at) as interval_start, count(*) as calls_offered,
        count(*) filter (outcome = 'answered') as calls_answered,
        count(*) filter (outcome = 'abandoned') as calls_abandoned,
        count(*) filter (outcome = 'other') as calls_other, count(*) filter (is_redial) as calls_redial,
        count(handle_seconds) filter (outcome = 'answered') as answered_handle_known,
        count(wait_seconds) filter (outcome = 'answered') as answered_wait_known, count(wait_seconds) as waits_known,
        count(*) filter (outcome = 'answered' and wait_seconds <= 20) as answered_in_target,
        sum(handle_seconds) filter (outcome = 'answered') as handle_seconds,
        avg(handle_seconds) filter (outcome = 'answered') as aht_seconds,
        avg(wait_seconds) filter (outcome = 'answered') as asa_seconds,
        count(distinct agent_id) filter (outcome = 'answered') as agents_active
    from sql_calls group by 1, 2
)
select 'telephony' as source, queue_id, interval_start, cast(interval_start_local as date) as business_date,
    interval_start_local, coalesce(calls_offered, 0) as calls_offered, coalesce(calls_answered, 0) as calls_answered,
    coalesce(calls_abandoned, 0) as calls_abandoned, coalesce(calls_other, 0) as calls_other,
    coalesce(calls_redial, 0) as calls_redial,
    coalesce(calls_offered, 0) - coalesce(calls_redial, 0) as calls_first_attempt,
    coalesce(answered_handle_known, 0) as answered_handle_known, coalesce(answered_wait_known, 0) as answered_wait_known,
    case when calls_answered > 0 and answered_wait_known = 0 then null else coalesce(answered_in_target, 0) end
        as answered_in_target,
    case when calls_answered > 0 and answered_handle_known = 0 then null else coalesce(handle_seconds, 0) end
        as handle_seconds,
    aht_seconds, asa_seconds,
    case when answered_wait_known > 0
            then answered_in_target * calls_answered / (answered_wait_known * calls_offered)
        when calls_answered = 0 and waits_known > 0 then 0 end as service_level,
    coalesce(agents_active, 0) as agents_active,
    case when isodow(interval_start_local) <= 5 then hour(interval_start_local) between 7 and 20
        when isodow(interval_start_local) = 6 then hour(interval_start_local) between 10 and 15 else false end
        and cast(interval_start_local as date) not in ({holidays}) as is_open,
    false as is_missing
from grid left join measured using (queue_id, interval_start)
"""
BEHAVIOR = r"""
create table sql_behavior as
with keyed as (
    select *, coalesce(customer_key, '(unknown)') as customer,
        (isodow(arrived_at_local) - 1) * 24 + hour(arrived_at_local) as weekday_hour
    from sql_calls
),
weeks as (select (max(business_date) - min(business_date) + 1) / 7 as weeks from sql_calls),
peaks as (
    select customer, weekday_hour from keyed group by customer, weekday_hour
    qualify row_number() over (partition by customer order by count(*) desc, weekday_hour) = 1
)
select customer as customer_key, count(*) as calls, count(*) / any_value(weeks) as calls_per_week,
    count(handle_seconds) filter (outcome = 'answered') as answered_handle_known,
    avg(handle_seconds) filter (outcome = 'answered') as aht_seconds,
    count(*) filter (outcome = 'abandoned') / count(*) as abandon_share,
    count(*) filter (is_redial) / count(*) as redial_share, any_value(peaks.weekday_hour) as peak_weekday_hour
from keyed join peaks using (customer), weeks group by customer
"""
STATEMENTS = (LEGS, REJECTED, CALLS, INTERVALS, BEHAVIOR)
