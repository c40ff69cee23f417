"""A centre with interval statistics and no call records runs the whole pipeline, and unknown stays unknown. SIMULATED exports."""

import datetime as dt
import subprocess
import sys

import dagster as dg
import pytest

from wfm_pipeline.calculators.source_look import CheckRequest, check_map
from wfm_pipeline.errors import SettingsError
from wfm_pipeline.orchestration.jobs import REFRESH
from wfm_pipeline.orchestration.partitions.stale_dates import find_stale_dates
from wfm_pipeline.orchestration.runs.running import JobRequest
from wfm_pipeline.orchestration.runs.side_jobs import reforecast_request
from wfm_pipeline.reports.tables.main_run import run_tables
from wfm_pipeline.resources import House
from wfm_pipeline.settings import load_settings
from wfm_pipeline.sources.maps import MAP_FOLDER, load_map
from wfm_pipeline_tests.house_kit import count, do, run
from wfm_pipeline_tests.interval_exports import EXPORTS, GONE, write_intervals

WEEK = 7
NO_CALLS = "no calls in this source: it has intervals"


def a_house(tmp_path, name, *, source=None, **settings):
    return House(
        load_settings(
            home=tmp_path / "home",
            source=source or name,
            source_url=f"file://{tmp_path / 'exports'}",
            num_threads=1,
            backtest_origins=1,
            **settings,
        )
    )


def exported(tmp_path, name, **words):
    (tmp_path / "exports").mkdir()
    return write_intervals(name, tmp_path / "exports", **words)


def changed_map(tmp_path, name, *changes):
    """A copy of a map with other words."""
    text = (MAP_FOLDER / f"{name}.toml").read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path = tmp_path / f"{name}_changed.toml"
    path.write_text(text)
    return str(path)


def refreshed(house):
    return do(house, JobRequest(REFRESH, find_stale_dates(house).dates)).problems


def number(row, *names):
    return sum(float(row[name]) for name in names)


TOLD = {
    "contact_statistics": (("received_calls",), ("treated_calls",), 200.0, None),
    "avaya_cms": (("callsoffered",), ("acdcalls",), 200.0, 10.0),
    "genesys_cloud_intervals": (("Offered",), ("Interactions Handled",), 200.0, None),
}
"""Map -> columns of offered and of answered calls, AHT and ASA of every interval [s]."""


@pytest.mark.parametrize("name", EXPORTS)
def test_a_shipped_map_fits_its_export_and_every_count_is_in_the_intervals(tmp_path, name):
    rows = exported(tmp_path, name, days=2 * WEEK + 3)
    house = a_house(tmp_path, name)
    for table in check_map(house, CheckRequest()):
        assert {} == {column.column: column.first_misfit for column in table.columns if column.misfits}

    problems = refreshed(house)

    offered, answered, aht, asa = TOLD[name]
    assert () == problems
    assert len(rows) == count(house, "select count(*) from silver.interval_statistics")
    with house.open_warehouse() as warehouse:
        found = warehouse.con.raw_sql(
            "select sum(calls_offered), sum(calls_answered), sum(handle_seconds), min(asa_seconds), max(asa_seconds), "
            "count(calls_redial), count(calls_first_attempt), count(agents_active) from silver.queue_intervals where calls_offered > 0"
        ).fetchone()
    answers = sum(number(row, *answered) for row in rows)
    assert (sum(number(row, *offered) for row in rows), answers, aht * answers, asa, asa, 0, 0, 0) == found


def test_a_centre_of_intervals_is_forecast_staffed_and_updated_and_says_what_needs_single_calls(tmp_path):
    exported(tmp_path, "contact_statistics")
    house = a_house(tmp_path, "contact_statistics", country="US", time_zone="America/New_York")

    outcome = run(house)

    assert () == outcome.problems
    assert 2 == count(
        house, "select count(distinct queue_id) from gold.queue_interval_staffing where agents_required > 0"
    )
    assert 200.0 == count(
        house, "select round(avg(aht_seconds), 6) from gold.queue_interval_forecast where calls_mean > 1"
    )
    assert 0 < count(house, "select count(*) from gold.forecast_accuracy")
    assert 2 == count(
        house, f"select count(*) from gold.queue_day_actual where is_missing and business_date = '{GONE}'"
    )
    with house.open_gold() as gold:
        told = gold.rows("pipeline_health", run_id=outcome.run_id).dropna(subset="not_made")
        tables = run_tables(gold, run_id=outcome.run_id, source="contact_statistics")
    of_customers = ("gold.customer_behavior", "gold.customer_segment", "gold.customer_segment_change")
    assert dict.fromkeys(of_customers, NO_CALLS) == dict(zip(told["table_name"], told["not_made"], strict=True))
    assert tables["Calls per queue"]["calls_redial"].isna().all()
    updated = do(
        house,
        reforecast_request(house, dt.datetime(2026, 2, 14, 10), is_refreshed=False),
        instance=dg.DagsterInstance.ephemeral(),
    )
    assert () == updated.problems
    assert 0 < count(house, "select count(*) from gold.queue_day_reforecast")


@pytest.mark.parametrize(("word", "calls", "is_missing"), [("zero", 0, False), ("missing", None, True)])
def test_an_interval_without_a_row_is_zero_or_missing_as_the_map_says(tmp_path, word, calls, is_missing):
    exported(tmp_path, "avaya_cms", days=WEEK)
    file = tmp_path / "exports" / "hsplit-2026.csv"
    lines = [line for line in file.read_text().splitlines() if not line.startswith("2026-01-07,1030,30,1,2")]
    file.write_text("\n".join(lines) + "\n")
    source = changed_map(tmp_path, "avaya_cms", ('absent = "missing"', f'absent = "{word}"'))
    house = a_house(tmp_path, "avaya_cms", source=source)

    problems = refreshed(house)

    assert () == problems
    with house.open_warehouse() as warehouse:
        found = warehouse.con.raw_sql(
            "select calls_offered, is_missing from silver.queue_intervals where queue_id = '2' "
            "and interval_start_local = '2026-01-07 10:30:00'"
        ).fetchone()
    assert (calls, is_missing) == found


def test_intervals_are_added_up_to_those_of_the_site(tmp_path):
    rows = exported(tmp_path, "contact_statistics", days=WEEK)
    house = a_house(tmp_path, "contact_statistics", interval_minutes=60)

    assert () == refreshed(house)

    with house.open_warehouse() as warehouse:
        found = warehouse.con.raw_sql(
            "select calls_offered, calls_answered, calls_abandoned, calls_other, handle_seconds, answered_in_target "
            "from silver.queue_intervals where queue_id = '1' and interval_start_local = '2026-01-06 09:00:00'"
        ).fetchone()
    # Tuesday from 9 to 10: 7 + 8 + 7 + 8 calls; of each quarter one is missed and one more is late.
    assert (30, 26, 4, 0, 26 * 200.0, 22) == found
    assert sum(row["received_calls"] for row in rows) == count(
        house, "select sum(calls_offered) from silver.queue_intervals"
    )


@pytest.mark.parametrize(
    ("name", "minutes", "words"),
    [
        pytest.param("avaya_cms", 15, "30 minutes apart.*set interval_minutes = 30", id="longer"),
        pytest.param("avaya_cms", 60, 'or say absent = "zero"', id="a_part_would_stand_for_the_whole"),
    ],
)
def test_intervals_that_do_not_make_those_of_the_site_are_refused(tmp_path, name, minutes, words):
    exported(tmp_path, name, days=WEEK)

    problems = refreshed(a_house(tmp_path, name, interval_minutes=minutes))

    assert 1 == len(problems)
    with pytest.raises(AssertionError, match=words):
        raise AssertionError(problems[0])


def test_what_cannot_be_true_of_an_interval_is_emptied_or_refused_and_counted(tmp_path):
    row, _, _ = EXPORTS["contact_statistics"]
    good = row(dt.datetime(2026, 1, 9, 9), "9")
    odd = [
        good | {"service_id": "a", "received_calls": ""},
        good | {"service_id": "b", "miss_calls": -1},
        good | {"service_id": "c", "service_level": 100},
        good | {"service_id": "d", "service_level": 85_000},
        good | {"service_id": "e", "aht": -5},
    ]
    exported(tmp_path, "contact_statistics", days=WEEK, extra=[good, *odd])
    house = a_house(tmp_path, "contact_statistics")

    assert () == refreshed(house)

    with house.open_warehouse() as warehouse:
        rules = dict(warehouse.con.raw_sql("select rule, count(*) from silver.rejected_rows group by 1").fetchall())
        kept = {
            queue: values
            for queue, *values in warehouse.con.raw_sql(
                "select queue_id, calls_offered, calls_abandoned, answered_in_target, handle_seconds "
                "from silver.interval_statistics where queue_id > '2'"
            ).fetchall()
        }
    assert {
        "uncounted": 1,
        "negative_calls_abandoned": 1,
        "in_target_beyond_answered": 1,
        "absurd_service_level": 1,
        "negative_aht_seconds": 1,
    } == rules
    assert {
        "9": [7, 1, 5, 1200.0],
        "b": [7, None, 5, 1200.0],
        "c": [7, 1, None, 1200.0],
        "d": [7, 1, None, 1200.0],
        "e": [7, 1, 5, None],
    } == kept


REFUSED = [
    pytest.param([('absent = "zero"                  # SITE\n', "")], "absent is missing", id="absent_not_said"),
    pytest.param([('absent = "zero" ', 'absent = "null" ')], "one of zero, missing", id="another_word"),
    pytest.param([('unit = "milliseconds"', 'unit = "percent"')], "percent is a unit of service_level", id="percent"),
    pytest.param(
        [('calls_offered = "received_calls"\n', ""), ('calls_abandoned = "miss_calls"\n', "")],
        "calls_offered, or calls_abandoned beside calls_answered",
        id="no_way_to_know_how_many_came",
    ),
    pytest.param([('role = "intervals"', 'role = "agents"')], "did you mean|is not known", id="another_role"),
]


@pytest.mark.parametrize(("changes", "words"), REFUSED)
def test_a_map_of_intervals_that_leaves_something_open_is_refused(tmp_path, changes, words):
    with pytest.raises(SettingsError, match=words):
        load_map(changed_map(tmp_path, "contact_statistics", *changes))


def test_calls_and_intervals_in_one_map_are_refused(tmp_path):
    legs = (MAP_FOLDER / "threecx.toml").read_text()
    intervals = (MAP_FOLDER / "contact_statistics.toml").read_text()
    path = tmp_path / "both.toml"
    path.write_text(legs + intervals[intervals.index("[tables.contact_statistics]") :])

    with pytest.raises(SettingsError, match="call_legs or intervals"):
        load_map(str(path))


@pytest.mark.postgres
def test_intervals_are_the_same_on_postgresql(tmp_path, postgres_url):
    exported(tmp_path, "contact_statistics", days=WEEK)
    asked = (
        "select queue_id, interval_start, calls_offered, calls_answered, calls_abandoned, calls_other, answered_in_target, "
        "handle_seconds, aht_seconds, service_level from silver.queue_intervals order by 1, 2"
    )

    both = []
    for place in ({}, {"warehouse_url": postgres_url}):
        home = tmp_path / ("pg" if place else "duck")
        settings = {"source": "contact_statistics", "source_url": f"file://{tmp_path / 'exports'}", "num_threads": 1}
        house = House(load_settings(home=home, **settings, **place))
        assert () == refreshed(house)
        with house.open_warehouse() as warehouse:
            cursor = warehouse.con.raw_sql(asked)
            both.append([tuple(row) for row in cursor.fetchall()])

    assert both[0] == both[1]


def test_a_map_is_refused_before_anything_heavy_is_loaded(tmp_path):
    path = changed_map(tmp_path, "contact_statistics", ('absent = "zero" ', 'absent = "null" '))
    code = (
        "import sys\nfrom wfm_pipeline.cli import main\n"
        f"sys.argv = ['wfm', 'run', '--source', {path!r}]\n"
        "try:\n    main()\nfinally:\n    print('dagster' in sys.modules, 'ibis' in sys.modules)"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=tmp_path)

    assert 2 == done.returncode
    assert "one of zero, missing" in done.stderr
    assert "False False" == done.stdout.strip()
