"""Makes telephone legs straight into a bronze table, all by DuckDB: as dirty as a real log, the same every time."""

from pathlib import Path

from wfm_pipeline.sources.maps import load_map
from wfm_pipeline.warehouse.bronze.versions import ensure_bronze
from wfm_pipeline.warehouse.engines.opening import open_warehouse

SOURCE_MAP = load_map("telephony")
LEGS_TABLE = SOURCE_MAP.bronze_name(SOURCE_MAP.table("call_legs"))
CUSTOMERS_TABLE = SOURCE_MAP.bronze_name(SOURCE_MAP.table("customers"))
QUEUES_TABLE = SOURCE_MAP.bronze_name(SOURCE_MAP.table("queues"))
DAYS = 364
QUEUES = 40

_DRAWS = """
create temp table draws as
select
    i,
    (hash(i * 10 + 1) % 1000000) / 1e6 as u1,
    (hash(i * 10 + 2) % 1000000) / 1e6 as u2,
    (hash(i * 10 + 3) % 1000000) / 1e6 as u3,
    (hash(i * 10 + 4) % 1000000) / 1e6 as u4,
    cast(hash(i * 10 + 5) % {callers} as bigint) as caller,
    cast(hash(i * 10 + 6) % 2000 as bigint) as landing,
    cast(hash(i * 10 + 7) % {days} as bigint) as day,
    cast(hash(i * 10 + 8) % 1000000 as bigint) as draw
from range({calls}) t(i)
"""
# 8 % of the calls are passed on to a second leg, 18 % are abandoned; a third of those are tried again.
_LEGS = """
create temp table legs as
with base as (
    select *, timestamp '2025-01-06 08:00:00' + to_days(cast(day as integer))
        + to_seconds(cast(u1 * 36000 as bigint)) as created
    from draws
),
first_legs as (
    select 'c' || i as call, 1 as leg, i, caller, landing, draw, u2, u3, u4, created,
        case when u2 < 0.08 then 'TRANSFERRED' when u2 < 0.26 then 'ABANDONED' else 'ANSWERED' end as status,
        cast(floor({queues} * u3 * u3) as integer) as queue
    from base
),
second_legs as (
    select call, 2 as leg, i, caller, landing, draw + 1 as draw, u2, u3, u4, created + to_seconds(200) as created,
        'ANSWERED' as status, (queue + 1) % {queues} as queue
    from first_legs where status = 'TRANSFERRED'
),
retries as (
    select call || 'r' as call, 1 as leg, i, caller, landing, draw + 2 as draw, u2, u3, u4,
        created + to_seconds(30 + cast(u4 * 600 as bigint)) as created, 'ANSWERED' as status, queue
    from first_legs where status = 'ABANDONED' and u4 < 0.33
)
select * from first_legs union all select * from second_legs union all select * from retries
"""
_BRONZE = """
insert into {table} by name
with rows as (
    select
        call as "CallId", cast(leg as bigint) as "LegNumber", status as "Status", created as "Created",
        '+46749' || lpad(cast(landing as varchar), 6, '0') as "LandingNumber", 'Phone' as "ChannelType",
        case when draw % 1000 = 7 then 'test' else 'queue' || queue end as "QueueId",
        case draw % 5
            when 0 then '+4674' || lpad(cast(caller as varchar), 7, '0')
            when 1 then '004674' || lpad(cast(caller as varchar), 7, '0')
            when 2 then '074-' || lpad(cast(caller as varchar), 7, '0')
            when 3 then '074' || lpad(cast(caller as varchar), 7, '0')
            else case when caller % 7 = 0 then 'anonymous' else '+46 74 ' || lpad(cast(caller as varchar), 7, '0') end
        end as "callerNr",
        case when status <> 'ABANDONED' then 'agent' || (draw % 300) end as "UserId",
        cast(u4 * 120 as bigint) as "WaitTimeInSec",
        case when status = 'ABANDONED' then 0 when draw % 1000 = 8 then -1 when draw % 1000 = 9 then 61437
            else cast(20 + u2 * u4 * 900 as bigint) end as "TalkTimeInSec",
        cast(case when draw % 20 = 0 then 15 else 0 end as bigint) as "HoldTimeInSec",
        case when status = 'ABANDONED' then 0 else cast(u3 * 60 as bigint) end as "AfterCallTimeInSec",
        cast(null as bigint) as "Duration", cast(null as varchar) as "CaseId", created + interval 10 minute as "Updated"
    from legs
),
versions as (
    select *, 'b1' as batch from rows
    union all
    select * replace ("HoldTimeInSec" + 15 as "HoldTimeInSec", "Updated" + interval 1 day as "Updated"), 'b2'
    from rows where hash("CallId") % 500 = 0
)
select
    * exclude (batch), 'telephony' as _source, batch as _batch_id, timestamp '2026-02-01' as _ingested_at,
    false as _is_deleted, md5("CallId" || '-' || "LegNumber" || '-' || batch) as _row_hash,
    md5("CallId" || '-' || "LegNumber") as _key_hash, cast("Created" as date) as _business_date,
    cast(null as varchar) as _misfits
from versions
"""
_CUSTOMERS = """
insert into {table} by name
select 'customer' || (i // 2) as "CustomerId", 'Customer ' || i as "Name",
    case when i % 3 = 0 then 'group' || (i // 30) end as "ParentCustomerId",
    '+46749' || lpad(cast(i as varchar), 6, '0') as "LandingNumber",
    'telephony' as _source, 'b1' as _batch_id, timestamp '2026-02-01' as _ingested_at, false as _is_deleted,
    md5('c' || i) as _row_hash, md5('k' || i) as _key_hash, cast(null as date) as _business_date,
    cast(null as varchar) as _misfits
from range(2000) t(i)
"""
_QUEUES = """
insert into {table} by name
select 'queue' || i as "QueueId", 'Queue ' || i as "Name", 'Phone' as "ChannelType", cast(0 as bigint) as "IsExcluded",
    'telephony' as _source, 'b1' as _batch_id, timestamp '2026-02-01' as _ingested_at, false as _is_deleted,
    md5('q' || i) as _row_hash, md5('qk' || i) as _key_hash, cast(null as date) as _business_date,
    cast(null as varchar) as _misfits
from range({queues}) t(i)
"""


def generate(path: Path, legs: int) -> int:
    """Write a DuckDB file with bronze tables of about `legs` legs; gives how many there are."""
    calls = int(legs / 1.14)
    with open_warehouse(f"duckdb:///{path}", Path("/")) as warehouse:
        for role in ("call_legs", "customers", "queues"):
            ensure_bronze(warehouse, SOURCE_MAP, SOURCE_MAP.table(role))
        warehouse.execute("set threads = 2")
        warehouse.execute(_DRAWS.format(calls=calls, callers=calls // 8, days=DAYS))
        warehouse.execute(_LEGS.format(queues=QUEUES))
        warehouse.execute(_BRONZE.format(table=warehouse.quoted(LEGS_TABLE)))
        warehouse.execute(_CUSTOMERS.format(table=warehouse.quoted(CUSTOMERS_TABLE)))
        warehouse.execute(_QUEUES.format(table=warehouse.quoted(QUEUES_TABLE), queues=QUEUES))
        warehouse.execute("checkpoint")
        return int(warehouse.con.execute(warehouse.table(LEGS_TABLE).count()))
