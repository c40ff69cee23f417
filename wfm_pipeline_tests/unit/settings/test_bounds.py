"""Bounds: what is too large, too deep or no number is refused in one line, at once and in little memory."""

import gzip
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from wfm_pipeline.contracts.source.patterns import is_found, pattern_fault
from wfm_pipeline.contracts.source.site import Site, parse_hours
from wfm_pipeline.domain.allocation.week.weeks import IsoWeek
from wfm_pipeline.domain.forecasting.desk.panel import build_panel
from wfm_pipeline.domain.forecasting.judging.backtest import read_folds
from wfm_pipeline.domain.forecasting.judging.external_peers import checked_predictions
from wfm_pipeline.domain.sheet import Sheet
from wfm_pipeline.domain.simulation.floor.cells import clock_seconds, moment
from wfm_pipeline.errors import SettingsError, WfmError, shown
from wfm_pipeline.settings import Settings, StaffingEntry, load_settings
from wfm_pipeline.sources.files.interval_file import read_interval_file
from wfm_pipeline.sources.files.planners_files import read_cells, read_text_table
from wfm_pipeline.sources.files.raw_files import column_names, read_file
from wfm_pipeline.sources.maps import MAP_FOLDER, load_map
from wfm_pipeline.sources.opening import open_reader
from wfm_pipeline.toml_file import read_toml
from wfm_pipeline.units import cron_fault, plain_number

A_MAP = (MAP_FOLDER / "telephony.toml").read_text(encoding="utf-8")


def refusal(work, *arguments, **named):
    """What is said when something is refused: one line of reasonable length."""
    with pytest.raises(WfmError) as raised:
        work(*arguments, **named)
    words = str(raised.value)
    assert "\n" not in words
    assert 600 > len(words)
    return words


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param(b'home = "\xff"', "is not UTF-8 (byte 9)", id="not_utf8"),
        pytest.param(b"a = " + b"[" * 3_000 + b"]" * 3_000, "inside each other", id="nested_lists"),
        pytest.param(b"[" + b".".join([b"a"] * 300) + b"]", "inside each other", id="nested_tables"),
        pytest.param(b"[" + b".".join([b"a"] * 100_000) + b"]", "points", id="a_key_of_many_parts"),
        pytest.param(b"a = " + b"9" * 5_000, "Exceeds the limit", id="digits"),
        pytest.param(b"a = 0x" + b"f" * 5_000, "more than 64 bits", id="hex_digits"),
        pytest.param(b"a = nan", "must be finite", id="nan"),
        pytest.param(b"a = 1e400", "must be finite", id="infinite"),
        pytest.param(b'a = "\\u0000"', "NUL", id="nul"),
        pytest.param(b'a = "' + b"x" * 30_000 + b'"', "30,000 characters", id="long_text"),
        pytest.param(b"#" * (1 << 21), "larger than 1024 KiB", id="large_file"),
    ],
)
def test_a_toml_file_beyond_the_bounds_is_refused_in_one_line(tmp_path, content, words):
    path = tmp_path / "wfm.toml"
    path.write_bytes(content)

    assert words in refusal(read_toml, path)


def test_settings_and_maps_are_read_within_these_bounds(tmp_path, clean_environment):
    for name in ("wfm.toml", "my.toml"):
        (tmp_path / name).write_bytes(b"a = " + b"[" * 3_000 + b"]" * 3_000)

    assert "inside each other" in refusal(load_settings)
    assert "inside each other" in refusal(load_map, str(tmp_path / "my.toml"))


def test_a_remembered_place_with_a_quote_stops_no_later_command(clean_environment):
    settings = load_settings(source="my'map")

    assert settings.remember_source("my'map", "sqlite:///it's here")
    assert settings.remember_source("other", "sqlite:///there")
    assert "sqlite:///it's here" == settings.url_of_source


def test_a_broken_list_of_places_is_said_and_set_aside(clean_environment, caplog):
    settings = load_settings(source="my_map")
    settings.remembered_path.parent.mkdir()
    settings.remembered_path.write_text("[my_map]\nurl = 'it's here'\n")

    assert settings.url_of_source is None
    assert ["sources.toml.broken"] == [path.name for path in settings.home.iterdir()]
    assert 1 == len(caplog.messages)
    assert settings.remember_source("my_map", "sqlite:///there")
    assert "sqlite:///there" == settings.url_of_source


@pytest.mark.parametrize("model", [Settings, StaffingEntry])
def test_every_numeric_setting_has_a_smallest_and_a_largest_value(model):
    schema = model.model_json_schema()
    kinds = {
        name: kind
        for name, field in schema["properties"].items()
        for kind in field.get("anyOf", [field])
        if kind.get("type") in ("number", "integer") and name != "interval_minutes"  # its few values are listed
    }

    assert len(kinds) >= 7
    assert [] == [name for name, kind in kinds.items() if not {"minimum", "maximum"} <= set(kind)]


@pytest.mark.parametrize("value", ["nan", "inf", "1e-310", "1e400", "9" * 5_000])
def test_a_setting_that_is_no_usual_number_is_refused(clean_environment, value):
    assert "staffing_patience_seconds" in refusal(load_settings, staffing_patience_seconds=value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("WFM_OPENING_HOURS", "{", id="half_json"),
        pytest.param("WFM_SOURCES", "[" * 100_000, id="nested_json"),
        pytest.param("WFM_STAFFING_QUEUES", '{"a": ' + "9" * 5_000 + "}", id="digits_in_json"),
        pytest.param("WFM_HOME", "~nouser/x", id="home_of_nobody"),
        pytest.param("WFM_FIRST_DATE", "0001-01-01", id="first_year"),
    ],
)
def test_a_variable_that_cannot_be_read_is_one_line(clean_environment, monkeypatch, name, value):
    monkeypatch.setenv(name, value)

    refusal(load_settings)


def test_many_faults_of_one_file_are_not_one_endless_line(clean_environment):
    queues = {f"queue {number}": {"shrinkage": 7} for number in range(1_000)}

    assert "and 995 more" in refusal(load_settings, staffing_queues=queues)


@pytest.mark.parametrize("zone", ["Europe", "a" * 5_000, "../etc", "\0", ""])
def test_a_time_zone_that_is_a_folder_or_no_name_is_refused(zone):
    assert "IANA" in refusal(Site, time_zone=zone)


def test_the_home_of_an_unknown_user_is_said():
    assert "not known here" in refusal(load_map, "~nouser/x.toml")
    assert "not known here" in refusal(open_reader, "file://~nouser/x")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param('name = "telephony"', 'name = "evil\\n"', id="name"),
        pytest.param('CaseId = "string"', '"Case\\n" = "string"', id="column"),
        pytest.param("[tables.queue_cdr", '[tables."queue_cdr\\n"', id="table"),
    ],
)
def test_a_name_with_a_line_break_at_its_end_is_no_name(tmp_path, old, new):
    assert old in A_MAP
    (tmp_path / "my.toml").write_text(A_MAP.replace(old, new), encoding="utf-8")

    assert "my.toml" in refusal(load_map, str(tmp_path / "my.toml"))


def test_no_pattern_of_the_package_ends_before_a_last_line_break():
    """`$` stands before a line break at the end too: whole texts are checked by `fullmatch`."""
    folder = Path(load_map.__code__.co_filename).parents[2]
    compiled = re.compile(r're\.compile\(\s*r?"[^"\n]*\$"|re\.match\(r?"')

    assert [] == [str(path) for path in folder.rglob("*.py") if compiled.search(path.read_text(encoding="utf-8"))]
    with pytest.raises(SettingsError):
        parse_hours("08:00-18:00\n1", where="test")
    with pytest.raises(WfmError):
        IsoWeek.parse("2025-W28\n1")
    assert clock_seconds("08:30\n") is None


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        pytest.param("(?=a)b", "invalid perl operator", id="lookahead"),
        pytest.param(r"(a)\\1", "invalid escape", id="reference_back"),
        pytest.param("[", "missing ]", id="half"),
        pytest.param(r"\\bword", "PostgreSQL", id="read_differently"),
        pytest.param("a{300}", "255 repetitions", id="repeats"),
        pytest.param("a" * 501, "at most 500", id="length"),
    ],
)
def test_an_expression_that_the_engines_would_refuse_is_refused_with_the_map(tmp_path, pattern, words):
    text = A_MAP.replace("agent_id = {", f'agent_id = {{ unusable = "{pattern}",')
    assert text != A_MAP
    (tmp_path / "my.toml").write_text(text, encoding="utf-8")

    assert words in refusal(load_map, str(tmp_path / "my.toml"))


def test_an_expression_is_searched_in_linear_time():
    assert pattern_fault("(a+)+$") is None
    assert not is_found("(a+)+$", "a" * 10_000 + "b")  # the way of trying all would take longer than the universe


@pytest.mark.parametrize("text", ["nan", "inf", "1e400", "1e-310", "9" * 5_000, "1_000", "", "0x1f", "1e16"])
def test_what_is_no_usual_number_is_no_number(text):
    with pytest.raises(ValueError):
        plain_number(text)
    if text:
        refusal(Sheet(pd.DataFrame({"a": [text]}), "sheet", required=["a"]).numbers, "a")


@pytest.mark.parametrize("text", ["0001-01-01", "1989-12-31", "2200-01-01", "9999-12-31"])
def test_a_date_of_another_age_is_a_slip_of_the_pen(text):
    sheet = Sheet(pd.DataFrame({"a": [text]}), "sheet", required=["a"])

    refusal(sheet.dates, "a")
    refusal(sheet.instants, "a")


def test_a_schedule_of_many_digits_is_refused():
    assert cron_fault("9" * 5_000 + " 3 * * *")
    assert cron_fault("² 3 * * *")


def test_a_column_that_comes_twice_is_refused_with_the_file(tmp_path):
    (tmp_path / "last.csv").write_text("resource_cn,demand_id,Demand_ID \n1,2,3\n")

    assert "'demand_id' twice" in refusal(read_text_table, tmp_path / "last.csv")


def test_parquet_with_bytes_or_lists_is_no_interval_file(tmp_path):
    frame = pd.DataFrame({"queue_id": [b"\xff"], "interval_start": pd.to_datetime(["2026-01-05"]), "calls": [1.0]})
    frame.to_parquet(tmp_path / "calls.parquet")

    assert "must be numbers, texts or times" in refusal(read_interval_file, tmp_path / "calls.parquet")


def test_parquet_with_a_text_that_is_spoilt_is_refused_whole(tmp_path):
    path = tmp_path / "calls.parquet"
    frame = pd.DataFrame({"queue_id": ["sales"], "interval_start": ["2026-01-05 08:00"], "calls": [1.0]})
    frame.to_parquet(path)
    path.write_bytes(path.read_bytes().replace(b"sales", b"s\xffles"))

    assert "cannot be read" in refusal(read_interval_file, path)
    assert "cannot be read" in refusal(lambda: list(read_file(path, chunk_rows=10)))


def test_a_history_with_a_wrong_year_does_not_fill_memory():
    starts = pd.to_datetime(["1990-01-01", "2199-12-31"] * 2_000).astype("datetime64[us]")
    rows = pd.DataFrame({"queue_id": [str(row // 2) for row in range(4_000)], "interval_start": starts, "calls": 1.0})

    assert "is a date wrong?" in refusal(build_panel, rows)
    assert "between 1990-01-01 and 2199-12-31" in refusal(
        build_panel, rows.assign(interval_start=pd.Timestamp("1811-05-05"))
    )


def test_a_data_set_without_a_name_is_none_of_the_folds():
    folds = pd.DataFrame(
        {"dataset": [None], "fold": [0], "origin": ["2026-01-06"], "horizon_days": [1], "train_from": ["2026-01-05"]}
    )

    assert "known: none" in refusal(read_folds, folds, dataset="d")


@pytest.mark.parametrize("days", [0, 100_000, 10**40])
def test_a_fold_looks_a_year_ahead_at_most(days):
    folds = {
        "dataset": ["d"],
        "fold": [0],
        "origin": ["2026-01-06"],
        "horizon_days": [days],
        "train_from": ["2026-01-05"],
    }

    refusal(read_folds, pd.DataFrame(folds))


def test_a_number_of_many_digits_in_predictions_is_refused():
    rows = {"origin": ["2026-01-06"], "queue_id": ["a"], "interval_start": ["2026-01-06"], "calls_mean": [10**400]}

    refusal(checked_predictions, "peer", pd.DataFrame(rows))


@pytest.mark.parametrize("text", ["-0001-01-01", "9999-12-31", "nan", "2026-01-01T00:00Z"])
def test_a_moment_beyond_the_calendar_is_none(text):
    with pytest.raises(ValueError):
        moment(text)


def test_what_came_is_shown_short():
    assert 130 > len(shown("x" * 100_000))


def _peak_of(code, *arguments):
    """Peak memory of a child that runs this code [MiB], and what it printed."""
    probe = f"{code}\nprint(Path('/proc/self/status').read_text().partition('VmHWM:')[2].split()[0])"
    done = subprocess.run(
        [sys.executable, "-c", probe, *map(str, arguments)], capture_output=True, text=True, timeout=60, check=True
    )
    *said, peak = done.stdout.splitlines()
    return int(peak) // 1024, " ".join(said)


READ = """
import sys
from pathlib import Path
from wfm_pipeline.errors import WfmError
from wfm_pipeline.sources.files.interval_file import read_interval_file
from wfm_pipeline.sources.files.raw_files import read_file
try:
    if sys.argv[2] == "interval": read_interval_file(Path(sys.argv[1]))
    else:
        for chunk in read_file(Path(sys.argv[1]), chunk_rows=1000): pass
except WfmError as error:
    print(error)
"""


@pytest.fixture(scope="module")
def bomb(tmp_path_factory):
    """A gzip of half a megabyte that holds two hundred megabytes of rows, or one endless line."""
    folder = tmp_path_factory.mktemp("bomb")
    blocks = {"rows": b"a,2026-01-31 08:30:00,1\n" * 50_000, "line": b"a" * 1_200_000}
    for name, block in blocks.items():
        with gzip.open(folder / f"{name}.csv.gz", "wb", compresslevel=6) as file:
            file.write(b"queue_id,interval_start,calls\n" if name == "rows" else b"")
            for _ in range(160):
                file.write(block)
    return folder


@pytest.mark.parametrize("reader", ["interval", "export"])
@pytest.mark.parametrize(("name", "words"), [("rows", "times its size"), ("line", "")])
def test_a_gzip_that_unpacks_to_hundreds_of_times_its_size_is_refused_in_little_memory(bomb, reader, name, words):
    peak, said = _peak_of(READ, bomb / f"{name}.csv.gz", reader)

    assert words in said
    assert said.startswith(str(bomb))
    assert 500 > peak


@pytest.mark.parametrize(
    ("header", "words"),
    [
        pytest.param(",".join(f"c{number}" for number in range(2_000)), "2,000 columns", id="columns"),
        pytest.param("x" * 300, "300 characters", id="name"),
        pytest.param("x" * (5 << 20), "first line is longer", id="line"),
        pytest.param('"' + "x" * 200_000 + '"', "field larger", id="field"),
    ],
)
def test_a_header_beyond_the_bounds_is_refused(tmp_path, header, words):
    path = tmp_path / "calls.csv"
    path.write_text(f"{header}\n1\n", encoding="utf-8")

    assert words in refusal(column_names, path)
    assert words in refusal(read_interval_file, path)


@pytest.mark.parametrize("read", [read_text_table, read_cells])
@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("a\n" * 2_000_002, "2,000,000 rows", id="rows"),
        pytest.param("," * 999 + "x\n" + "1\n" * 21_000, "20,000,000 cells", id="cells_that_are_filled_up"),
        pytest.param("a" + ",b" * 1_000 + "\n1\n", "1,001 cells in a line", id="columns"),
        pytest.param("a\n" + "x" * 40_000, "more than 32,767 characters (line 2)", id="cell"),
        pytest.param("a\n" + "x" * 2_000_000, "more than 1,048,576 characters (line 2)", id="line"),
    ],
)
def test_a_table_of_people_beyond_the_bounds_is_refused(tmp_path, read, text, words):
    path = tmp_path / "table.csv"
    path.write_text(text, encoding="utf-8")

    assert words in refusal(read, path)
