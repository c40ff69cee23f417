"""Logs of updates and of activities from files, through the shipped maps. SIMULATED rows, and the public logs where they are at hand."""

import zipfile

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from wfm_pipeline.calculators.source_look import CheckRequest, check_map
from wfm_pipeline.errors import SettingsError, SourceError
from wfm_pipeline.resources import House
from wfm_pipeline.settings import load_settings
from wfm_pipeline.sources.files.case_updates import read_updates
from wfm_pipeline.sources.maps import MAP_FOLDER, load_map
from wfm_pipeline.sources.opening import open_reader
from wfm_pipeline_tests.house_kit import count, run

HEADER = "number,ident_state,sys_updated_at,category,category,assignment_group,assigned_to,priority,opened_at,resolved_at,closed_at\n"
LINES = [
    "{n},New,2/3/2026 08:05,1,2,{q},?,3,2/3/2026 08:00,3/3/2026 09:00,8/3/2026 09:00",
    "{n},Active,2/3/2026 09:00,1,2,{q},7,3,2/3/2026 08:00,3/3/2026 09:00,8/3/2026 09:00",
    "{n},Awaiting User Info,2/3/2026 10:00,1,2,99,7,2,2/3/2026 08:00,3/3/2026 09:00,8/3/2026 09:00",
    "{n},Resolved,3/3/2026 09:02,1,2,99,7,2,2/3/2026 08:00,3/3/2026 09:00,8/3/2026 09:00",
    "{n},Closed,8/3/2026 09:00,1,2,99,7,2,2/3/2026 08:00,3/3/2026 09:00,8/3/2026 09:00",
]
KINDS = ["opened", "assigned", "moved", "paused", "resolved", "closed"]
BAD = [
    "4,Pondering,2/3/2026 08:05,1,2,5,?,3,?,?,?",
    "4,New,yesterday,1,2,5,?,3,?,?,?",
    "?,New,2/3/2026 08:05,1,2,5,?,3,?,?,?",
]


@pytest.fixture
def logs(tmp_path):
    """Three cases in a zip, and rows that are none."""
    folder = tmp_path / "logs"
    folder.mkdir()
    lines = [line.format(n=number, q=number % 2) for number in range(1, 4) for line in LINES]
    with zipfile.ZipFile(folder / "incident_event_log.zip", "w", zipfile.ZIP_DEFLATED) as box:
        box.writestr("folder/incident_event_log.csv", HEADER + "\n".join([*lines, *BAD]) + "\n")
    return folder


def test_a_zipped_log_of_updates_runs_to_case_events_with_its_findings(logs, tmp_path):
    settings = {
        "source": "servicenow_log",
        "source_url": f"file://{logs}",
        "rejected_share_limit": 0.9,
        "num_threads": 1,
    }
    house = House(load_settings(home=tmp_path / "home", unread_share_limit=0.9, **settings))
    for table in check_map(house, CheckRequest()):
        assert {"happened_at"} == {column.column for column in table.columns if column.misfits}

    outcome = run(house)

    assert () == outcome.problems
    assert 3 * len(KINDS) == count(house, "select count(*) from silver.case_events")
    with house.open_warehouse() as warehouse:
        events = warehouse.frame(warehouse.table("silver.case_events")).sort_values(["case_id", "happened_at"])
        findings = warehouse.frame(warehouse.table("silver.rejected_rows")).set_index("rule")
    one = events[events["case_id"] == "1"]
    assert KINDS == one["kind"].tolist()
    # Resolved at 09:00 as the row of 09:02 says; no row before it knew.
    resolved = one[one["kind"] == "resolved"].iloc[0]
    assert (pd.Timestamp("2026-03-03 09:00"), pd.Timestamp("2026-03-03 09:02")) == (
        resolved["happened_at"],
        resolved["known_at"],
    )
    assert ["1", None, "99", None, None, None] == one["queue_id"].astype(object).where(
        one["queue_id"].notna(), None
    ).tolist()
    assert {"unknown_kind": 1, "undated": 1, "missing_key": 1} == {
        rule: int(findings.loc[[rule], "is_row_refused"].sum()) for rule in ("unknown_kind", "undated", "missing_key")
    }
    assert "pondering is none of opened" in findings.loc["unknown_kind", "reason"]


def reader_of(folder, name):
    found = load_map(name)
    zone = found.site.time_zone if found.times_are == "utc" else None
    return open_reader(str(folder), time_zone=zone, files=found.files, events=found.events, updates=found.updates)


def test_a_log_that_lacks_a_column_of_the_map_is_named_with_it(tmp_path):
    (tmp_path / "events.csv").write_text("case:concept:name,concept:name,time:timestamp\n1,Wait,2010-01-13T08:40:25\n")

    lacking = r"must have column\(s\) org:resource once"
    with reader_of(tmp_path, "activity_log") as reader, pytest.raises(SourceError, match=lacking):
        reader.head("events", 10)


def test_a_zip_of_two_files_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "incident_event_log.zip", "w") as box:
        box.writestr("one.csv", HEADER)
        box.writestr("two.csv", HEADER)

    two_files = "must hold one CSV without a password; it holds 2 files"
    with reader_of(tmp_path, "servicenow_log") as reader, pytest.raises(SourceError, match=two_files):
        reader.head("incident_event_log", 10)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        pytest.param('New = "open"', 'New = "begun"', "states.New must be one of open, paused", id="state"),
        pytest.param('case = "number"', "", "updates.case is missing", id="no_case"),
        pytest.param('case = "number"', 'casse = "number"', "did you mean case", id="unknown_key"),
        pytest.param("%d/%m/%Y %H:%M", "%d/%m %H:%M", "time_format", id="form_without_year"),
        pytest.param('events = "case_updates"\n', "", "updates must be left out", id="no_such_log"),
        pytest.param(
            'kind = "string"', 'kind = "string"\nwhat = "string"', "columns of case_updates", id="column_it_has_not"
        ),
    ],
)
def test_a_map_of_a_log_that_is_wrong_is_refused(tmp_path, old, new, words):
    path = tmp_path / "odd.toml"
    path.write_text((MAP_FOLDER / "servicenow_log.toml").read_text().replace(old, new, 1))

    with pytest.raises(SettingsError, match=words):
        load_map(str(path))


# ---- changes of single fields, in the form that their systems document ----------------------------

SYS_AUDIT = """sys_id,tablename,documentkey,fieldname,oldvalue,newvalue,user,sys_created_on
1,incident,aa11,state,,1,ann,2026-03-02 14:00:00
2,incident,aa11,assignment_group,,g1,ann,2026-03-02 14:00:00
3,incident,aa11,priority,,3,ann,2026-03-02 14:00:00
4,incident,aa11,short_description,,printer,ann,2026-03-02 14:00:00
5,incident,aa11,assigned_to,,u7,ann,2026-03-02 14:30:00
6,incident,aa11,due_date,,2026-03-04 12:00:00,ann,2026-03-02 14:30:00
7,incident,aa11,assignment_group,g1,g2,u7,2026-03-02 15:00:00
8,incident,aa11,state,2,3,u9,2026-03-02 16:00:00
9,incident,aa11,work_notes,,waits,u9,2026-03-02 16:00:00
10,incident,aa11,state,3,6,u9,2026-03-03 09:00:00
11,incident,aa11,state,6,7,system,2026-03-08 09:00:00
"""
ZENDESK = [
    ("2026-03-02T14:00:00Z", "subject", '"help"'),
    ("2026-03-02T14:00:00Z", "status", '"new"'),
    ("2026-03-02T14:00:00Z", "priority", '"high"'),
    ("2026-03-02T14:00:00Z", "group_id", '"360"'),
    ("2026-03-02T14:00:00Z", "assignee_id", "null"),
    ("2026-03-02T14:20:00Z", "assignee_id", '"77"'),
    ("2026-03-02T14:20:00Z", "status", '"pending"'),
    ("2026-03-03T10:00:00Z", "status", '"open"'),
    ("2026-03-03T11:00:00Z", "status", '"solved"'),
    ("2026-03-03T12:00:00Z", "tags", '["vip"]'),
    ("2026-03-04T08:00:00Z", "status", '"open"'),
]


def test_an_audit_of_fields_is_folded_and_an_insert_is_one_opening(tmp_path):
    (tmp_path / "sys_audit.csv").write_text(SYS_AUDIT)

    with reader_of(tmp_path, "servicenow_audit") as reader:
        events = reader.head("sys_audit", 100).to_pandas()

    assert ["opened", "due", "assigned", "moved", "paused", "resolved", "closed"] == events["kind"].tolist()
    assert {"aa11"} == set(events["case_id"])
    assert ["g1", "g2"] == events["queue_id"].dropna().tolist()
    assert ["2026-03-04 12:00:00.000000"] == events["due_at"].dropna().tolist()
    assert {"3"} == set(events["priority"])
    assert "2026-03-02 16:00:00.000000" == events.loc[events["kind"] == "paused", "happened_at"].item()


def test_audits_of_tickets_are_folded_and_other_fields_say_nothing(tmp_path):
    lines = [
        f'{{"ticket_id": 5, "created_at": "{at}", "field_name": "{name}", "value": {value}}}'
        for at, name, value in ZENDESK
    ]
    (tmp_path / "ticket_audits-1.jsonl").write_text("\n".join(lines[:6]) + "\n")
    (tmp_path / "ticket_audits-2.jsonl").write_text("\n".join(lines[6:]) + "\n")

    with reader_of(tmp_path, "zendesk_audits") as reader:
        events = reader.head("ticket_audits", 100).to_pandas()

    assert ["opened", "assigned", "paused", "resumed", "resolved", "re_opened"] == events["kind"].tolist()
    assert ["360"] == events["queue_id"].dropna().tolist()
    assert {"high"} == set(events["priority"])


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        pytest.param('field = "fieldname"\n', "", "all three or none", id="no_field"),
        pytest.param(
            'value = "newvalue"', 'value = "newvalue"\nqueue = "g"', "updates.queue must be left out", id="both"
        ),
        pytest.param('"queue"\n', '"group"\n', "fields.assignment_group must be one of state, queue", id="unknown"),
        pytest.param('state = "state"\nincident_state = "state"\n', "", "the state among them", id="no_state"),
    ],
)
def test_a_map_of_changed_fields_that_is_wrong_is_refused(tmp_path, old, new, words):
    path = tmp_path / "odd.toml"
    text = (MAP_FOLDER / "servicenow_audit.toml").read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))

    with pytest.raises(SettingsError, match=words):
        load_map(str(path))


# ---- the public logs --------------------------------------------------------------------------------


def events_of(name, path):
    log = load_map(name).tables[0].updates
    found = pa.concat_tables(read_updates([path], log, is_utc=False, chunk_rows=50_000)).to_pandas()
    assert (found["number"].astype(int) > 0).all()
    return found.assign(at=pd.to_datetime(found["happened_at"]), known=pd.to_datetime(found["known_at"]))


def test_open_cases_of_the_public_log_of_updates_are_what_its_rows_say_at_200_random_instants(real_data):
    path = real_data / "incidents_2016" / "incident_event_log.zip"
    events = events_of("servicenow_log", path)
    with zipfile.ZipFile(path) as box, box.open("incident_event_log/incident_event_log.csv") as file:
        rows = pd.read_csv(file, dtype=str, usecols=["number", "ident_state", "sys_updated_at", "assignment_group"])
    rows = rows.assign(at=pd.to_datetime(rows["sys_updated_at"], format="%d/%m/%Y %H:%M"), place=np.arange(len(rows)))
    rows = rows.sort_values(["number", "at", "place"])
    group = (
        rows["assignment_group"].where(rows["assignment_group"] != "?").groupby(rows["number"]).ffill().fillna("(none)")
    )
    state = rows["ident_state"].where(rows["ident_state"] != "-100").groupby(rows["number"]).ffill().fillna("New")
    rows = rows.assign(group=group, is_open=~state.isin(["Resolved", "Closed"]))
    step = events["kind"].map({"opened": True, "re_opened": True, "resolved": False, "closed": False})
    queue = events["queue_id"].groupby(events["case_id"]).ffill().fillna("(none)")
    events = events.assign(step=step, queue=queue)
    moments = np.random.default_rng(16).choice(
        pd.date_range("2016-03-05", "2017-02-01", freq="min"), 200, replace=False
    )

    for moment in moments + np.timedelta64(
        30, "s"
    ):  # rows are of whole minutes; events of one minute are a microsecond apart
        # What was known then: rows written, events told.
        said = rows[rows["at"] <= moment].groupby("number").tail(1)
        told = events[events["known"] <= moment]
        last = told[told["step"].notna()].groupby("case_id")["step"].last()
        where = told.groupby("case_id")["queue"].last()
        found = where[last.reindex(where.index).astype(bool)].value_counts().sort_index()
        expected = said.loc[said["is_open"], "group"].value_counts().sort_index()
        assert expected.to_dict() == found.to_dict(), moment

    assert 24_918 == events["case_id"].nunique() == (events["kind"] == "opened").sum()


def test_the_public_log_of_activities_has_one_opening_a_case_and_an_end_where_it_has_one(real_data):
    path = real_data / "helpdesk_2010" / "events.csv.gz"
    events = events_of("activity_log", path)
    kinds = events["kind"].value_counts().to_dict()

    assert 4_580 == events["case_id"].nunique() == kinds["opened"]
    assert (events.groupby("case_id")["kind"].first() == "opened").all()
    rows = pd.read_csv(path)
    closed = set(rows.loc[rows["concept:name"] == "Closed", "case:concept:name"])
    assert closed == set(events.loc[events["kind"] == "closed", "case_id"])
