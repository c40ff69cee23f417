"""The report: escaped, self-contained, the same bytes twice, and honest where there is nothing to show."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

from wfm_pipeline.domain.forecasting.judging.analysis import analyse
from wfm_pipeline.reports.backtest.figures import slices_figure
from wfm_pipeline.reports.backtest.report import ReportFacts, backtest_report, best_peer, queues_by_calls
from wfm_pipeline.reports.backtest.tables import comparison_rows
from wfm_pipeline.reports.backtest.weeks import TYPICAL, WORST, shown_weeks
from wfm_pipeline.reports.backtest.words import NOTHING_SCORED, headline, summary, unscored_words
from wfm_pipeline.reports.figures.drawing import as_svg, picture_text
from wfm_pipeline.reports.words.html_page import Row, table
from wfm_pipeline.reports.words.markdown import markdown_table
from wfm_pipeline.reports.words.numbers import UNKNOWN, p_value, percent, signed_percent
from wfm_pipeline_tests.backtest_kit import SITE, judged_frame, made_analysis, made_result

ODD = "<script>alert('x')</script> & \"A$B_1$\" | 名"
FACTS = ReportFacts("Backtest of a made desk")
FOUR_WEEKS = ("2024-01-08", "2024-01-22", "2024-02-05", "2024-02-19")


class _Reader(HTMLParser):
    """Collects tags, attributes and text; the parser itself undoes the escaping."""

    def __init__(self):
        super().__init__()
        self.tags, self.attributes, self.words, self.open = [], [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in {"meta", "img"}:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)


def _read(page):
    reader = _Reader()
    reader.feed(page)
    assert reader.open == []
    return reader


@pytest.fixture(scope="module")
def made():
    return made_analysis(judged_frame(origins=FOUR_WEEKS))


@pytest.fixture(scope="module")
def page(made):
    return backtest_report(*made, FACTS)


def test_the_report_needs_nothing_from_outside_and_runs_nothing(page):
    reader = _read(page)

    assert {"script", "link", "iframe", "object", "form"}.isdisjoint(reader.tags)
    sources = [value for name, value in reader.attributes if name in {"src", "href"}]
    assert sources
    assert all(source.startswith("data:image/") for source in sources)
    assert "http://" not in page
    assert "https://" not in page
    assert any("default-src 'none'" in value for name, value in reader.attributes if name == "content")


def test_the_same_input_gives_the_same_bytes(page):
    assert page == backtest_report(*made_analysis(judged_frame(origins=FOUR_WEEKS)), FACTS)


def test_every_picture_has_words_for_those_who_cannot_see_it(page):
    reader = _read(page)

    assert reader.tags.count("img") >= 7
    assert reader.tags.count("img") == len([value for name, value in reader.attributes if name == "alt" and value])


def test_odd_names_are_shown_as_they_are_and_never_become_markup():
    judged = judged_frame(origins=FOUR_WEEKS, queues=(ODD, "b"), methods=(("wfm", 1.0), (ODD, 1.3)))
    result, analysis = made_analysis(judged, notes=(f"queue {ODD!r}: pooled_profile",))
    facts = ReportFacts(ODD, data={ODD: ODD}, configuration={ODD: ODD}, versions={ODD: "1"})

    page = backtest_report(result, analysis, facts)

    reader = _read(page)
    assert "script" not in reader.tags
    assert "<script" not in page
    assert ODD in " ".join(reader.words)
    assert reader.words.count(ODD) > 5


def test_a_dollar_in_a_name_does_not_start_a_formula():
    judged = judged_frame(queues=("$\\frac{$", "a_b"))
    _, analysis = made_analysis(judged)

    as_svg(slices_figure(analysis.slices, ours="wfm", peer="median_6"))  # would raise on the broken formula

    assert picture_text("a$") == "a$"
    assert len(picture_text("x" * 99)) < 40


def test_labels_stand_at_the_top(made):
    simulated = backtest_report(*made, replace(FACTS, is_simulated=True))
    real = backtest_report(*made, FACTS)

    assert simulated.index("SIMULATED DATA") < simulated.index("<h2>")
    assert "SIMULATED DATA" not in real
    assert real.index("HINDCAST") < real.index("<h2>")


def test_configuration_versions_and_missing_days_are_told(made):
    result, _ = made
    history = judged_frame(origins=FOUR_WEEKS, methods=(("wfm", 1.0),))[["queue_id", "interval_start", "calls"]]
    day = history["interval_start"].dt.normalize()
    history.loc[day == "2024-01-17", "calls"] = 0.0
    history = history[day != "2024-02-07"]
    analysis = analyse(result, history, site=SITE)
    facts = replace(FACTS, configuration={"level_days": "8"}, versions={"lightgbm": "4.7"})

    words = " ".join(_read(backtest_report(result, analysis, facts)).words)

    assert "lightgbm 4.7" in words
    assert "level_days" in words
    assert "closed: 1 days, 1 of them to be forecast (2024-01-17)" in words
    assert "missing: 1 days, 1 of them to be forecast (2024-02-07)" in words


def test_unscored_days_name_the_queues_they_are_missing_in(made):
    result, _ = made
    history = judged_frame(origins=FOUR_WEEKS, methods=(("wfm", 1.0),))[["queue_id", "interval_start", "calls"]]
    gone = (history["interval_start"].dt.normalize() == "2024-02-07") & (history["queue_id"] == "b")

    table = analyse(result, history[~gone], site=SITE).unscored_days

    assert table.to_dict("records") == [
        {"date": pd.Timestamp("2024-02-07"), "reason": "missing", "queues": "b", "is_target": True}
    ]


def test_nothing_scored_is_said_and_nothing_breaks():
    judged = judged_frame().assign(is_scored=False, calls=np.nan)
    history = judged_frame(methods=(("wfm", 1.0),))[["queue_id", "interval_start", "calls"]]
    result, analysis = made_analysis(judged, history=history)

    words = " ".join(_read(backtest_report(result, analysis, FACTS)).words)

    assert NOTHING_SCORED in words
    assert [("How good is it?", NOTHING_SCORED)] == summary(result.scores, analysis)


def test_ours_alone_is_reported_without_a_comparison():
    result, analysis = made_analysis(judged_frame(methods=(("wfm", 1.0),)))

    words = " ".join(_read(backtest_report(result, analysis, FACTS)).words)

    assert best_peer(analysis) is None
    assert "No other method was run" in words
    assert "no peer was run" in words


def test_one_queue_one_origin_one_day_is_reported():
    result, analysis = made_analysis(judged_frame(origins=("2024-01-08",), days=1, queues=("a",), sizes=(9.0,)))

    words = " ".join(_read(backtest_report(result, analysis, FACTS)).words)

    assert "There are too few days to tell that from luck." in words
    assert "Looking one day ahead from 1 origins" in words
    assert [] == queues_by_calls(analysis)


def test_quiet_desks_whose_bands_cannot_be_judged_are_reported():
    result, analysis = made_analysis(judged_frame(sizes=(0.05, 0.02)))

    assert "No interval is busy enough to judge them." in dict(summary(result.scores, analysis)).values()
    assert dict(headline(result.scores, analysis)).get(UNKNOWN) == "of busy intervals lie in the 80 % band"
    backtest_report(result, analysis, FACTS)


def test_a_method_that_was_never_wrong_is_reported():
    judged = judged_frame()
    judged.loc[judged["method"] == "median_6", "calls_mean"] = judged["calls"]

    assert "same weekdays" in backtest_report(*made_analysis(judged), FACTS)


def test_words_follow_the_numbers():
    better = dict(summary(*_scores(judged_frame(origins=FOUR_WEEKS, methods=(("wfm", 1.0), ("median_6", 1.4))))))
    worse = dict(summary(*_scores(judged_frame(origins=FOUR_WEEKS, methods=(("wfm", 1.4), ("median_6", 1.0))))))
    equal = dict(summary(*_scores(judged_frame(origins=FOUR_WEEKS, methods=(("wfm", 1.02), ("median_6", 1.0))))))
    wide = dict(summary(*_scores(judged_frame(origins=FOUR_WEEKS, stated=0.6))))

    question = "Better than a simple rule?"
    assert re.search(r"ours is \d+\.\d % lower\. That is not luck", better[question])
    assert re.search(r"ours is \d+\.\d % higher\. That is not luck", worse[question])
    assert "That may be luck" in equal[question]
    assert "The 80 % bands are too wide." in wide["Do the bands tell the truth?"]
    assert re.search(r"it expected 4\d\.\d % too many calls", worse["How good is it?"])  # a mean 1.4 times too high


def _scores(judged):
    result, analysis = made_analysis(judged)
    return result.scores, analysis


def test_the_comparison_puts_ours_first_the_rest_by_error_and_marks_the_lowest():
    judged = judged_frame(methods=(("mean_4", 1.6), ("wfm", 1.1), ("median_6", 1.3)))
    result, analysis = made_analysis(judged)

    rows = comparison_rows(result.scores, analysis)

    assert ["wfm (ours)", "median of 6 same weekdays", "mean of 4 same weekdays"] == [row.cells[0] for row in rows[:3]]
    assert "ours" == rows[0].kind
    assert 1 in rows[0].best
    assert 1 not in rows[1].best
    assert rows[3].cells[0].startswith("Poisson floor")
    assert 1 == len({len(row.cells) for row in rows})


def test_the_weeks_shown_are_the_middle_and_the_worst_of_whole_weeks():
    judged = judged_frame(origins=FOUR_WEEKS)
    week = judged["interval_start"].dt.normalize() - pd.to_timedelta(judged["interval_start"].dt.day_of_week, unit="D")
    judged.loc[(week == "2024-02-12") & (judged["method"] == "wfm"), "calls_q50"] *= 3
    _, analysis = made_analysis(judged)

    weeks = shown_weeks(analysis.rows, ours="wfm")

    assert [TYPICAL, WORST] == list(weeks)
    assert pd.Timestamp("2024-02-12") == weeks[WORST]["target_date"].min()
    assert 7 == weeks[TYPICAL]["target_date"].nunique()
    errors = {
        start: (part["calls"] - part["calls_q50"]).abs().sum() / part["calls"].sum()
        for start, part in analysis.rows[analysis.rows["method"] == "wfm"].groupby(
            analysis.rows["target_date"] - pd.to_timedelta(analysis.rows["target_date"].dt.day_of_week, unit="D")
        )
    }
    assert weeks[TYPICAL]["target_date"].min() == sorted(errors, key=errors.get)[(len(errors) - 1) // 2]


def test_of_two_origins_that_saw_a_day_the_nearer_one_is_shown():
    judged = judged_frame(origins=("2024-01-08", "2024-01-10"), days=7, methods=(("wfm", 1.0),))
    _, analysis = made_analysis(judged, history=judged.drop_duplicates(["queue_id", "interval_start"]))

    week = shown_weeks(analysis.rows, ours="wfm")[TYPICAL]

    late = week[week["target_date"] >= "2024-01-10"]
    assert {pd.Timestamp("2024-01-10")} == set(late["origin"])
    assert not week.duplicated(["queue_id", "interval_start"]).any()


def test_tables_escape_cells_and_heads():
    made = table(["<a>", "b"], [Row(["<i>", "1 & 2"], best=frozenset({1}))])

    assert "&lt;a&gt;" in made
    assert "<td>&lt;i&gt;</td>" in made
    assert '<td class="best">1 &amp; 2</td>' in made


def test_markdown_cells_cannot_break_the_table():
    made = markdown_table(["name", "value"], [Row(["a|b*<c>", "1"], kind="ours")])

    assert r"| **a\|b\*\<c\>** | 1 |" in made.splitlines()


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (percent(0.0999), "9.99 %"),
        (percent(0.1), "10.0 %"),
        (percent(-0.00001), "0.00 %"),
        (signed_percent(-0.175), "-17.5 %"),
        (signed_percent(0.0001), "+0.0 %"),
        (signed_percent(float("nan")), UNKNOWN),
        (p_value(0.0312), "0.031"),
        (p_value(1e-9), "< 0.001"),
    ],
)
def test_numbers_are_written_for_people(written, expected):
    assert expected == written


def test_no_day_left_out_is_said():
    assert "No day is missing" in unscored_words(pd.DataFrame(columns=["date", "reason", "queues", "is_target"]))


def test_a_result_knows_its_judged_rows():
    judged = judged_frame()

    result = made_result(judged)

    assert {"calls", "is_scored"}.isdisjoint(result.predictions.columns)
    assert result.judged is judged
