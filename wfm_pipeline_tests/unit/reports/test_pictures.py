"""Pictures draw every name as it stands, and one that cannot be drawn costs the asset nothing but the picture."""

import logging
import re
import warnings
from pathlib import Path
from xml.etree import ElementTree as ET

import dagster as dg
import numpy as np
import pandas as pd
import pytest

import wfm_pipeline
from wfm_pipeline.assets.pictures import FAILED, pictures
from wfm_pipeline.reports.backtest.figures import (
    calibration_figure,
    days_figure,
    difference_figure,
    pit_figure,
    slices_figure,
    week_figure,
)
from wfm_pipeline.reports.figures.allocation import allocation_figure
from wfm_pipeline.reports.figures.capacity import capacity_figure
from wfm_pipeline.reports.figures.coverage import coverage_figure
from wfm_pipeline.reports.figures.drawing import as_png, as_svg, picture_text
from wfm_pipeline.reports.figures.forecast import as_markdown, fan_chart_figure
from wfm_pipeline.reports.figures.model_fit import model_fit_figure, model_fit_glance
from wfm_pipeline.reports.figures.staffing import staffing_figure
from wfm_pipeline_tests.backtest_kit import judged_frame, made_analysis
from wfm_pipeline_tests.hostile_kit import COMMANDS, KEPT

WEEK = pd.date_range("2026-03-02", periods=7)
TITLE = "Calls of $\\frac$ and 📞"


def grid(names, **values):
    """One row per name and day."""
    rows = pd.MultiIndex.from_product([names, WEEK], names=["name", "business_date"]).to_frame(index=False)
    return rows.assign(**values).rename(columns={"name": "queue_id"})


def fan(names):
    days = grid(names, calls=3.0, calls_mean=3.0, calls_q10=1.0, calls_q90=5.0)
    return fan_chart_figure(days, days, title=TITLE)


def staffing(names):
    rows = grid(names, agents_required=2, agents_scheduled=3)
    return staffing_figure(rows.assign(interval_start_local=rows["business_date"]), title=TITLE)


def capacity(names):
    levels = {f"fte_{kind}_{level}": 2.0 for kind in ("required", "available") for level in ("mean", "q10", "q90")}
    rows = grid(names, **levels, hires_needed=0)
    return capacity_figure(rows.rename(columns={"queue_id": "pool_id", "business_date": "week_start"}), title=TITLE)


def allocation(names):
    words = {column: list(names) for column in ("demand_id", "platform", "locality", "case_type", "state")}
    return allocation_figure(pd.DataFrame({**words, "ideal_fte": 2.0, "assigned": 1, "required_fte": 1.5}), title=TITLE)


def fitted_months(names):
    levels = {f"service_level_{model}": 0.7 for model in ("erlang_c", "erlang_a", "simulation")}
    rows = grid(names, **levels, service_level=0.8, calls_in_line=9, presence="calls")
    return rows.rename(columns={"business_date": "month"})


def model_fit(names):
    return model_fit_figure(fitted_months(names), title=TITLE)


def coverage(names):
    starts = pd.date_range("2026-03-02", periods=4, freq="15min")
    rows = pd.DataFrame([(name, start) for name in names for start in starts], columns=["service_id", "interval_start"])
    people = dict.fromkeys(("agents_required", "agents_scheduled", "agents_actual"), 2.0)
    gaps = pd.DataFrame({"service_id": list(names), "starts_at": starts[0], "ends_at": starts[1]})
    status = ["shortage", "no_data", "optimal", "optimal"] * len(names)
    rows = rows.assign(interval_start_local=rows["interval_start"], status=status, **people)
    return coverage_figure(rows, gaps, title=TITLE)


def backtest(draw):
    def of(names):
        judged = judged_frame(queues=tuple(names)[:4], sizes=(6.0, 25.0, 9.0, 12.0))
        _, analysis = made_analysis(judged)
        return draw(judged, analysis, list(names)[:4])

    return of


FIGURES = {
    "fan": fan,
    "staffing": staffing,
    "capacity": capacity,
    "allocation": allocation,
    "model_fit": model_fit,
    "coverage": coverage,
    "slices": backtest(lambda _judged, made, _names: slices_figure(made.slices, ours="wfm", peer="median_6")),
    "calibration": backtest(
        lambda _judged, made, names: calibration_figure(made.reliability, made.bands, ours="wfm", queues=names)
    ),
    "pit": backtest(lambda _judged, made, names: pit_figure(made.pit, ours="wfm", queues=names)),
    "differences": backtest(lambda _judged, made, _names: difference_figure(made.differences)),
}


@pytest.mark.parametrize("draw", FIGURES.values(), ids=FIGURES)
@pytest.mark.parametrize("names", [KEPT[:8], KEPT[8:]], ids=["first_names", "other_names"])
def test_every_name_is_drawn_as_it_stands_without_a_warning(draw, names):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure = draw(names)

        as_png(figure)
        ET.fromstring(as_svg(figure))  # a control character would break the file


def test_a_picture_shows_the_signs_of_a_formula_as_letters():
    figure = fan([r"Cost $\frac$ desk"])

    assert r"Cost $\frac$ desk" == figure.axes[0].get_title(loc="left")
    assert not figure.axes[0].title.get_parse_math()


def test_a_name_in_a_picture_is_one_short_line():
    assert all(len(picture_text(name)) <= 28 and not COMMANDS & set(picture_text(name)) for name in KEPT)
    assert "two␊lines" in picture_text("two\nlines")


def test_markdown_beside_a_picture_starts_no_link_of_its_own():
    assert as_markdown(fan(["q"]), "a](http://x) ![b").startswith(r"![a\](http://x) !\[b](data:image/png")
    words = model_fit_glance(fitted_months(["![x](http://y)"]), title="T")
    assert "](http" not in words.replace(r"\](http", "")


def test_a_picture_that_cannot_be_drawn_is_a_warning_and_the_asset_is_made():
    def broken():
        raise ValueError("a cell's value")

    @dg.asset
    def made(context: dg.AssetExecutionContext):
        return dg.MaterializeResult(metadata=pictures(context, at_a_glance=lambda: "drawn", picture=broken))

    with dg.DagsterInstance.ephemeral() as instance:
        result = dg.materialize([made], instance=instance)
        logged = [entry for entry in instance.all_logs(result.run_id) if "could not be drawn" in entry.user_message]

    metadata = result.asset_materializations_for_node("made")[0].metadata
    assert result.success
    assert ("drawn", "could not be drawn: ValueError", 1) == tuple(
        metadata[name].value for name in ("at_a_glance", "picture", FAILED)
    )
    assert [(logging.WARNING, False)] == [(entry.level, "a cell's value" in entry.user_message) for entry in logged]


def test_every_asset_makes_its_pictures_through_the_one_helper():
    folder = Path(wfm_pipeline.__file__).parent / "assets"
    found = {path.name for path in folder.glob("*.py") if re.search(r"MetadataValue\.md\(", path.read_text())}

    assert {"pictures.py"} == found


def test_a_week_and_the_days_of_odd_queues_are_drawn():
    judged = judged_frame(queues=KEPT[:3], sizes=(6.0, 25.0, 9.0))
    week = judged[judged["method"] == "wfm"].assign(**dict.fromkeys(["calls_q05", "calls_q25"], 0.0))
    week = week.assign(**dict.fromkeys(["calls_q75", "calls_q95"], 9.0)).drop_duplicates(["queue_id", "interval_start"])

    as_png(week_figure(week, title=TITLE))
    rows = judged.assign(horizon_day=1, target_date=judged["interval_start"].dt.normalize())
    as_svg(days_figure(rows, ours="wfm", peer="median_6"))

    assert np.isfinite(week["calls_mean"]).all()
