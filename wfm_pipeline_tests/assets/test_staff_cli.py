"""`wfm staff`: one row out for every row in, reasons in place of numbers, exit codes, nothing a spreadsheet runs."""

import csv
import io
import json

import pytest

from wfm_pipeline_tests.cli_kit import run_wfm

HEADER = "calls,interval_seconds,aht_seconds,answer_target_seconds,service_level_target,patience_seconds,max_occupancy,shrinkage"  # fmt: skip
GOOD = "100,1800,180,20,0.8,,,"
ADDED = ["agents_required", "agents_required_exact", "agents_scheduled", "service_level", "asa_seconds", "occupancy",
         "abandon_share", "reason"]  # fmt: skip
ROW = ("--calls", 100, "--interval-seconds", 1800, "--aht-seconds", 180, "--answer-target-seconds", 20,
       "--service-level-target", 0.8)  # fmt: skip


@pytest.fixture
def staff(clean, monkeypatch, capsys):
    """Runs the command on rows under a header; gives the outcome and the rows that came out."""

    def run(*rows, header=HEADER, words=(), raw=None):
        (clean / "in.csv").write_bytes(raw if raw is not None else "\n".join([header, *rows]).encode())
        done = run_wfm(monkeypatch, capsys, "staff", "--file", "in.csv", "--out", "out.csv", *words)
        out = clean / "out.csv"
        text = out.read_text(encoding="utf-8") if out.exists() else ""
        return done, list(csv.DictReader(io.StringIO(text, newline="")))

    return run


def test_a_file_has_its_columns_and_the_added_ones_in_the_agreed_order(staff):
    done, (row,) = staff(GOOD)

    assert done.returncode == 0, done.stderr
    assert [*HEADER.split(","), *ADDED] == list(row)
    assert ("14", "14", "") == (row["agents_required"], row["agents_scheduled"], row["reason"])
    # published value of erlang.json: 14 agents, 10 erlangs, 20 s of 180 s
    assert 0.888350019179467 == pytest.approx(float(row["service_level"]), rel=1e-12)
    assert 13 < float(row["agents_required_exact"]) <= 14
    assert float(row["abandon_share"]) == 0


def test_optional_columns_may_be_absent_or_empty_and_mean_no_abandonment_no_cap_no_shrinkage(staff):
    short = ",".join(HEADER.split(",")[:5])

    _, absent = staff("100,1800,180,20,0.8", header=short)
    _, empty = staff(GOOD)

    assert [absent[0][name] for name in ADDED] == [empty[0][name] for name in ADDED]


def test_patience_cap_and_shrinkage_do_what_they_say(staff):
    _, rows = staff("100,1800,180,20,0.8,300,,", "100,1800,180,20,0.8,,0.6,", "100,1800,180,20,0.8,,,0.3")

    assert ["13", "17", "14"] == [row["agents_required"] for row in rows]  # 10 / 0.6 = 16.7
    assert ["13", "17", "19"] == [row["agents_scheduled"] for row in rows]  # 13.04 / 0.7 = 18.6
    assert float(rows[0]["abandon_share"]) == pytest.approx(0.024963303633571, rel=1e-9)
    assert float(rows[1]["occupancy"]) <= 0.6


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        pytest.param("abc,1800,180,20,0.8,,,", "calls is not a number: 'abc'", id="text"),
        pytest.param(",1800,180,20,0.8,,,", "calls is missing", id="empty"),
        pytest.param("-1,1800,180,20,0.8,,,", "calls must be 0 or more, got -1", id="negative"),
        pytest.param("nan,1800,180,20,0.8,,,", "calls is not a number: 'nan'", id="nan"),
        pytest.param("inf,1800,180,20,0.8,,,", "calls is not a number: 'inf'", id="inf"),
        pytest.param("1_0,1800,180,20,0.8,,,", "calls is not a number: '1_0'", id="underscore"),
        pytest.param("100,1800,10800,20,0.8,,,", "(180 minutes); if 180 seconds are meant, write 180", id="minutes"),
        pytest.param("100,1800,180,20,80,,,", "write 80 % as 0.8", id="percent"),
        pytest.param("100,1800,180,20,80%,,,", "not a number: '80%'; write 0.8", id="percent_sign"),
        pytest.param('100,1800,180,20,"0,8",,,', "write decimals with a point: 0.8", id="decimal_comma"),
        pytest.param('"1,200",1800,180,20,0.8,,,', "write 1200 or 1.2", id="thousands_or_decimal_comma"),
        pytest.param("100,1800,180,20,,,,", "service_level_target is missing", id="no_level"),
        pytest.param("100,1800,180,20,1,,,", "must be 0.0001 to 0.9999, got 1", id="certainty"),
        pytest.param("100,1800,180,,0.8,,,", "answer_target_seconds is missing", id="no_target"),
        pytest.param("100,1800,180,-5,0.8,,,", "answer_target_seconds must be 0 s", id="negative_target"),
        pytest.param("100,1800,180,20,0.8,0,,", "patience_seconds must be 0.1 s to 1e+09 s", id="patience"),
        pytest.param("100,1800,180,20,0.8,,1.5,", "max_occupancy must be 0.05 to 1", id="occupancy"),
        pytest.param("100,1800,180,20,0.8,,,30", "write 30 % as 0.3", id="shrinkage"),
        pytest.param("100,1800,180,20,0.8,,x,", "max_occupancy is not a number: 'x'", id="optional_text"),
        pytest.param("100,1800,180,20,0.8,,,,7", "the row has 9 cells, the header 8", id="too_many_cells"),
        pytest.param("100,1800", "aht_seconds is missing", id="too_few_cells"),
    ],
)
def test_a_bad_row_has_no_number_but_a_reason_and_its_neighbours_go_on(staff, row, reason):
    done, rows = staff(GOOD, row, GOOD)

    assert done.returncode == 0, done.stderr
    assert 3 == len(rows)
    assert reason in rows[1]["reason"]
    assert {""} == {rows[1][name] for name in ADDED if name != "reason"}
    assert ["14", "14"] == [rows[0]["agents_required"], rows[2]["agents_required"]]


def test_rows_keep_their_number_and_order(staff):
    calls = [300, 5, 0, 70, 5, 1000.5, 0.25]

    _, rows = staff(*(f"{value},1800,180,20,0.8,,," for value in calls))

    assert calls == [float(row["calls"]) for row in rows]
    assert rows[1]["agents_required"] == rows[4]["agents_required"]
    assert ("0", "0", "") == (rows[2]["agents_required"], rows[2]["agents_scheduled"], rows[2]["reason"])
    assert "1" == rows[6]["agents_required"]


def test_nothing_of_a_bad_cell_begins_a_cell_that_a_spreadsheet_would_run(staff):
    evil = ["=1+1", "+cmd|' /C calc'!A0", "@SUM(A1)", "-2+3", '"=HYPERLINK(""x"")"', '"\t=1"']

    _, rows = staff(*(f"{cell},1800,180,20,0.8,,,," for cell in evil), *(f"{cell},1800,180,20,0.8,,," for cell in evil))

    cells = [cell for row in rows for cell in row.values()]
    assert all(not cell.strip().startswith(("=", "+", "-", "@")) for cell in cells)
    assert all(row["reason"] for row in rows)


def test_further_columns_are_ignored_with_a_notice_and_order_and_capitals_do_not_matter(staff):
    header = "Service_Level_Target,queue,aht_seconds, calls ,interval_seconds,answer_target_seconds"

    done, (row,) = staff("0.8,=evil(),180,100,1800,20", header=header)

    assert "ignored the columns queue" in done.stderr
    assert "14" == row["agents_required"]
    assert "queue" not in row


def test_missing_columns_are_named_beside_the_present_ones_and_the_code_is_2(staff):
    done, rows = staff("100,1800", header="calls,interval_seconds")

    assert done.returncode == 2
    assert "missing columns: aht_seconds, answer_target_seconds, service_level_target" in done.stderr
    assert "present: calls, interval_seconds" in done.stderr
    assert [] == rows


def test_a_byte_order_mark_windows_lines_blank_lines_and_broken_bytes_are_lived_with(staff):
    raw = b"\xef\xbb\xbf" + HEADER.encode() + b"\r\n" + GOOD.encode() + b"\r\n\r\n\xff\xfe,1800,180,20,0.8,,,\r\n"

    done, rows = staff(raw=raw)

    assert done.returncode == 0, done.stderr
    assert ["14", ""] == [row["agents_required"] for row in rows]
    assert "calls is not a number" in rows[1]["reason"]


def test_a_header_without_rows_gives_a_header_without_rows(staff, clean):
    done, rows = staff()

    assert (done.returncode, []) == (0, rows)
    assert [*HEADER.split(","), *ADDED] == (clean / "out.csv").read_text().strip().split(",")


def test_a_file_that_is_not_there_or_empty_is_told(staff, clean, monkeypatch, capsys):
    assert "is empty" in staff(raw=b"")[0].stderr
    done = run_wfm(monkeypatch, capsys, "staff", "--file", "none.csv")
    assert (done.returncode, True) == (2, "there is no file" in done.stderr)


def test_columns_that_come_twice_are_refused(staff):
    done, _ = staff(GOOD + ",5", header=HEADER + ",calls")

    assert (done.returncode, True) == (2, "come twice: calls" in done.stderr)


def test_arguments_answer_one_row_and_json_has_all_digits(clean, monkeypatch, capsys):
    done = run_wfm(monkeypatch, capsys, "staff", *ROW, "--json")

    said = json.loads(done.stdout)
    assert done.returncode == 0, done.stderr
    assert 14 == said["answer"][0]["agents_required"]
    assert 0.888350019179467 == pytest.approx(said["answer"][0]["service_level"], rel=1e-12)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        pytest.param(ROW[:4], "staff needs --aht-seconds, --answer-target-seconds", id="missing"),
        pytest.param((*ROW, "--shrinkage", 30), "write 30 % as 0.3", id="out_of_range"),
        pytest.param((*ROW, "--file", "in.csv"), "not both", id="both"),
        pytest.param((), "or --file IN.csv", id="nothing"),
    ],
)
def test_wrong_words_are_one_line_and_code_2(clean, monkeypatch, capsys, words, said):
    done = run_wfm(monkeypatch, capsys, "staff", *words)

    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_the_table_on_the_terminal_tells_the_reasons_by_row(clean, monkeypatch, capsys):
    (clean / "in.csv").write_text(f"{HEADER}\n{GOOD}\nabc,1800,180,20,0.8,,,")

    done = run_wfm(monkeypatch, capsys, "staff", "--file", "in.csv")

    assert "row 2: calls is not a number: 'abc'" in done.stdout
    assert "1 of 2 rows have an answer" in done.stdout
