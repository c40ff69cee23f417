"""The maps that come with the package, each on a small export of its documented columns. SIMULATED: the exports are made here."""

import csv
import datetime as dt
import gzip
import json
from collections import Counter
from pathlib import Path

import pytest
import sqlalchemy as sa

from wfm_pipeline.calculators.source_look import CheckRequest, check_map
from wfm_pipeline.orchestration.jobs import REFRESH
from wfm_pipeline.orchestration.partitions.stale_dates import find_stale_dates
from wfm_pipeline.orchestration.runs.running import JobRequest
from wfm_pipeline.resources import House
from wfm_pipeline.settings import load_settings
from wfm_pipeline.sources.maps import MAP_FOLDER, known_maps, load_map
from wfm_pipeline_tests.house_kit import do

DAY = dt.datetime(2026, 3, 2, 14)
CALLS = 60
GUIDE = Path(__file__).parents[2] / "docs" / "how_to" / "add_a_source.md"


def at(number):
    """When a call comes in."""
    return DAY + dt.timedelta(minutes=7 * number)


def connect(number):
    """A contact record: every sixth abandoned, every tenth outbound, every fifteenth hung up before a queue."""
    start, is_answered = at(number), number % 6 != 0
    stamp = "%Y-%m-%dT%H:%M:%SZ"
    agent = {
        "Username": f"agent{number % 4}",
        "ConnectedToAgentTimestamp": (start + dt.timedelta(seconds=30)).strftime(stamp),
        "AgentInteractionDuration": 200 + number,
        "CustomerHoldDuration": 10,
        "AfterContactWorkDuration": 40,
    }
    return {
        "ContactId": f"contact-{number}",
        "InitiationTimestamp": start.strftime(stamp),
        "LastUpdateTimestamp": (start + dt.timedelta(hours=1)).strftime(stamp),
        "InitiationMethod": "OUTBOUND" if number % 10 == 1 else "INBOUND",
        "Channel": "VOICE",
        "CustomerEndpoint": {"Type": "TELEPHONE_NUMBER", "Address": f"+1202555{number:04d}"},
        "SystemEndpoint": {"Type": "TELEPHONE_NUMBER", "Address": "+12025550000"},
        "Queue": None if number % 15 == 2 else {"Name": f"queue{number % 2}", "Duration": 30, "ARN": "arn:aws:connect"},
        "Agent": agent if is_answered and number % 15 != 2 else None,
        "Attributes": {},
        "Tags": ["simulated"],
    }


CONNECT = Counter(
    "excluded_not_inbound"
    if number % 10 == 1
    else "excluded_no_queue"
    if number % 15 == 2
    else "abandoned"
    if number % 6 == 0
    else "answered"
    for number in range(CALLS)
)


def connect_json(folder):
    """Two files, as a stream delivers them."""
    lines = [json.dumps(connect(number)) + "\n" for number in range(CALLS)]
    (folder / "contact_records-1.jsonl").write_text("".join(lines[:40]))
    (folder / "contact_records-2.jsonl.gz").write_bytes(gzip.compress("".join(lines[40:]).encode()))


def connect_csv(folder):
    """The same, flattened."""
    wanted = load_map("amazon_connect").tables[0].types
    write_csv(
        folder / "contact_records.csv", [{name: inside(connect(n), name) for name in wanted} for n in range(CALLS)]
    )


def inside(record, name):
    for part in name.split("."):
        record = (record or {}).get(part)
    return record


def fusionpbx(number):
    """A row of v_xml_cdr: every sixth abandoned, every tenth an agent's side, every fifteenth a call to nobody's queue."""
    start, is_answered = at(number), number % 6 != 0
    joined = int(start.replace(tzinfo=dt.UTC).timestamp())
    is_queue = number % 15 != 2
    return {
        "xml_cdr_uuid": f"00000000-0000-0000-0000-{number:012d}",
        "domain_name": "pbx.example",
        "direction": "inbound",
        "caller_id_number": f"1202555{number:04d}",
        "caller_destination": "12025550000",
        "start_stamp": start.strftime("%Y-%m-%d %H:%M:%S+00"),
        "duration": 300,
        "billsec": 300,
        "cc_side": ("agent" if number % 10 == 1 else "member") if is_queue else "",
        "cc_queue": f"queue{number % 2}@pbx.example" if is_queue else "",
        "cc_agent": f"agent{number % 4}" if is_queue and is_answered else "",
        "cc_queue_joined_epoch": joined if is_queue else "",
        "cc_queue_answered_epoch": joined + 30 if is_queue and is_answered else "",
        "cc_queue_terminated_epoch": joined + 230 if is_queue else "",
        "hangup_cause": "NORMAL_CLEARING",
    }


def fusionpbx_rows(folder):
    write_csv(folder / "v_xml_cdr.csv", [fusionpbx(number) for number in range(CALLS)])


FUSIONPBX = Counter(
    {"excluded_agent_side" if rule == "excluded_not_inbound" else rule: rows for rule, rows in CONNECT.items()}
)


def threecx(number):
    """A call data record: every sixth abandoned, every tenth from inside, every fifteenth to an extension."""
    start, is_answered = at(number), number % 6 != 0
    stamp = "%Y/%m/%d %H:%M:%S"
    return {
        "historyid": f"Call {number}",
        "callid": f"00000C21DE5C{number:04d}_1",
        "duration": "00:04:10",
        "time-start": start.strftime(stamp),
        "time-answered": start.strftime(stamp),
        "time-end": (start + dt.timedelta(seconds=250)).strftime(stamp),
        "reason-terminated": "TerminatedBySrc",
        "from-no": f"+4420555{number:04d}",
        "to-no": "Ext.960",
        "from-dn": "10021",
        "to-dn": f"96{number % 2}",
        "dial-no": "960",
        "reason-changed": "QFwdToDNA" if is_answered else "",
        "final-number": f"Ext.50{number % 4}" if is_answered else "",
        "final-dn": f"50{number % 4}" if is_answered else "",
        "from-type": "Extension" if number % 10 == 1 else "Line",
        "to-type": "Extension" if number % 15 == 2 else "Queue",
        "final-type": "Extension" if is_answered else "",
        "missed-queue-calls": "",
    }


def threecx_rows(folder):
    write_csv(folder / "cdr.csv", [threecx(number) for number in range(CALLS)])


def asterisk(number):
    """Rows of cdr: a group of two phones; every sixth abandoned, every tenth from inside, every fifteenth through Queue."""
    start, is_answered = at(number), number % 6 != 0
    for leg in (0, 1):
        is_taken = is_answered and leg == 1
        yield {
            "calldate": start.strftime("%Y-%m-%d %H:%M:%S"),
            "clid": f'"" <1202555{number:04d}>',
            "src": f"1202555{number:04d}",
            "dst": f"60{number % 2}",
            "dcontext": "from-internal" if number % 10 == 1 else "ext-group",
            "channel": f"PJSIP/trunk-{number:08x}",
            "dstchannel": f"PJSIP/10{leg}-{number:08x}",
            "lastapp": "Queue" if number % 15 == 2 else "Dial",
            "lastdata": "PJSIP/100&PJSIP/101,20",
            "duration": 220,
            "billsec": 200 if is_taken else 0,
            "disposition": "ANSWERED" if is_taken else "NO ANSWER",
            "amaflags": 3,
            "accountcode": "",
            "uniqueid": f"{int(start.timestamp())}.{2 * number + leg}",
            "userfield": "",
            "linkedid": f"{int(start.timestamp())}.{2 * number}",
            "sequence": 2 * number + leg,
        }


def asterisk_rows(folder):
    write_csv(folder / "cdr.csv", [row for number in range(CALLS) for row in asterisk(number)])


ASTERISK_RULES = {"excluded_not_inbound": "excluded_from_inside", "excluded_no_queue": "excluded_queue_application"}
ASTERISK = Counter({ASTERISK_RULES.get(rule, rule): rows for rule, rows in CONNECT.items()})


def write_csv(path, rows):
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def a_house(tmp_path, name, url):
    return House(load_settings(home=tmp_path / "home", source=name, source_url=url))


def fits_and_loads(house):
    """What became of every row: counts of calls by outcome, and of refused rows by rule."""
    for table in check_map(house, CheckRequest()):
        assert {} == {column.column: column.first_misfit for column in table.columns if column.misfits}
    assert () == do(house, JobRequest(REFRESH, find_stale_dates(house).dates)).problems
    refused = "select rule, count(*) from silver.rejected_rows where is_row_refused group by 1"
    with house.open_warehouse() as warehouse:
        counts = {
            "calls": "select outcome, count(*) from silver.calls group by 1",
            "refused": refused,
        }
        return {what: Counter(dict(warehouse.con.raw_sql(query).fetchall())) for what, query in counts.items()}


def means(house):
    with house.open_warehouse() as warehouse:
        query = "select avg(wait_seconds), avg(talk_seconds) from silver.call_legs where status = 'answered'"
        return warehouse.con.raw_sql(query).fetchone()


@pytest.mark.parametrize(
    ("name", "write", "expected", "legs"),
    [
        pytest.param("amazon_connect", connect_json, CONNECT, 1, id="amazon_connect_json_lines"),
        pytest.param("amazon_connect", connect_csv, CONNECT, 1, id="amazon_connect_csv"),
        pytest.param("fusionpbx", fusionpbx_rows, FUSIONPBX, 1, id="fusionpbx"),
        pytest.param("threecx", threecx_rows, CONNECT, 1, id="threecx"),
        pytest.param("asterisk", asterisk_rows, ASTERISK, 2, id="asterisk"),
    ],
)
def test_a_shipped_map_fits_its_export_and_every_row_is_loaded_or_refused_with_a_reason(
    tmp_path, name, write, expected, legs
):
    folder = tmp_path / "exports"
    folder.mkdir()
    write(folder)
    house = a_house(tmp_path, name, f"file://{folder}")

    found = fits_and_loads(house)

    outcomes = ("answered", "abandoned")
    assert {one: expected[one] for one in outcomes} == found["calls"]
    assert {rule: legs * rows for rule, rows in expected.items() if rule not in outcomes} == found["refused"]


CDR = """create table cdr (
    calldate datetime not null, clid varchar(80), src varchar(80), dst varchar(80), dcontext varchar(80), channel varchar(80),
    dstchannel varchar(80), lastapp varchar(80), lastdata varchar(80), duration int, billsec int, disposition varchar(45),
    amaflags int, accountcode varchar(20), uniqueid varchar(32), userfield varchar(255), linkedid varchar(32), sequence int
)"""
V_XML_CDR = """create table v_xml_cdr (
    xml_cdr_uuid uuid primary key, domain_name text, direction text, caller_id_number text, caller_destination text,
    start_stamp timestamptz, duration numeric, billsec numeric, cc_side text, cc_queue text, cc_agent text,
    cc_queue_joined_epoch numeric, cc_queue_answered_epoch numeric, cc_queue_terminated_epoch numeric, hangup_cause text,
    json jsonb
)"""


def filled(url, table, rows):
    """The table in its own database, empty texts as null."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    names = list(rows[0])
    into = f"insert into {table.split()[2]} ({', '.join(names)}) values ({', '.join(f':{name}' for name in names)})"
    with engine.begin() as con:
        con.exec_driver_sql(table)
        con.execute(
            sa.text(into), [{name: None if value == "" else value for name, value in row.items()} for row in rows]
        )


def test_asterisk_is_read_from_mariadb(tmp_path, mariadb_url):
    filled(mariadb_url, CDR, [row for number in range(CALLS) for row in asterisk(number)])

    found = fits_and_loads(a_house(tmp_path, "asterisk", mariadb_url))

    assert (ASTERISK["answered"], ASTERISK["abandoned"]) == (found["calls"]["answered"], found["calls"]["abandoned"])


@pytest.mark.postgres
def test_fusionpbx_is_read_from_postgresql(tmp_path, postgres_url):
    url = postgres_url.replace("postgresql://", "postgresql+psycopg://")
    filled(url, V_XML_CDR, [fusionpbx(number) for number in range(CALLS)])
    house = a_house(tmp_path, "fusionpbx", url)

    found = fits_and_loads(house)

    assert (FUSIONPBX["answered"], FUSIONPBX["abandoned"]) == (found["calls"]["answered"], found["calls"]["abandoned"])
    assert (30.0, 200.0) == means(house)


@pytest.mark.parametrize(
    ("name", "write", "wait", "talk"),
    [
        ("fusionpbx", fusionpbx_rows, 30.0, 200.0),
        ("threecx", threecx_rows, None, None),
    ],
)
def test_seconds_are_those_between_two_moments_or_unknown(tmp_path, name, write, wait, talk):
    folder = tmp_path / "exports"
    folder.mkdir()
    write(folder)
    house = a_house(tmp_path, name, f"file://{folder}")
    fits_and_loads(house)

    assert (wait, talk) == means(house)


def test_a_site_changes_time_zone_and_country_by_settings(tmp_path):
    (tmp_path / "exports").mkdir()
    settings = load_settings(
        home=tmp_path,
        source="threecx",
        source_url=f"file://{tmp_path / 'exports'}",
        time_zone="Europe/Zurich",
        country="CH",
    )

    assert ("Europe/Zurich", "CH") == (House(settings).site.time_zone, House(settings).site.country)


@pytest.mark.parametrize("name", known_maps())
def test_every_shipped_map_is_in_the_guide_and_names_its_document_and_what_depends_on_the_site(name):
    text = (MAP_FOLDER / f"{name}.toml").read_text()

    assert f"| `{name}` |" in GUIDE.read_text()
    if name not in ("anonymous_bank", "telephony"):
        assert "Names and meanings:" in text
        assert 2 == sum("# SITE" in line for line in text.splitlines() if line.startswith(("time_zone", "country")))
