"""Write docs/forecast_comparison.md and its pictures from the two public panels.

    WFM_REAL_DATA=DIR python -m wfm_pipeline_tests.tools.write_forecast_comparison

DIR holds forecast_panels/anon_30min.parquet and bank_30min.parquet. No clock goes in: the same
code and data write the same bytes.
"""

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from wfm_pipeline.contracts.source.site import Site
from wfm_pipeline.domain.forecasting import METHOD, BacktestResult, ForecastOptions, read_folds, run_backtest
from wfm_pipeline.domain.forecasting.judging.analysis import BacktestAnalysis, analyse
from wfm_pipeline.reports.backtest import figures, tables
from wfm_pipeline.reports.backtest.report import ReportFacts, backtest_report, best_peer, queues_by_calls
from wfm_pipeline.reports.backtest.weeks import shown_weeks
from wfm_pipeline.reports.backtest.words import summary
from wfm_pipeline.reports.figures.drawing import as_png
from wfm_pipeline.reports.words.markdown import markdown_table, plain

ROOT = Path(__file__).parents[2]
CASES = ROOT / "wfm_pipeline_tests" / "cases"
PREDICTIONS = ROOT / "benchmarks" / "external_peers" / "predictions"
PICTURES = ROOT / "docs" / "figures"
PAGE = ROOT / "docs" / "forecast_comparison.md"
REPORTS = ROOT / "data" / "reports"
EXTERNAL = {"AutoETS x profile": "ets", "Prophet x profile": "prophet", "MSTL + AutoETS": "mstl"}


@dataclass(frozen=True, slots=True)
class Comparison:
    """One backtest of the page."""

    key: str
    dataset: str
    title: str
    about: str
    site: Site
    folds: str
    has_external: bool


COMPARISONS = (
    Comparison(
        "anon",
        "anon",
        "Anonymous Bank 1999, 14 days ahead",
        "Israeli bank, 4 queues, around the clock, weekend Friday and Saturday; 10 origins, 30 minutes.",
        Site(country="IL", weekend=("fri", "sat")),
        "forecast_folds.csv",
        has_external=True,
    ),
    Comparison(
        "bank",
        "bank",
        "US bank 2003, 14 days ahead",
        "One queue, weekdays 7:00 to 21:00; 12 origins, 30 minutes.",
        Site(country="US"),
        "forecast_folds.csv",
        has_external=True,
    ),
    Comparison(
        "bank_rolling",
        "bank",
        "US bank 2003, one working day ahead",
        "The same queue, a new forecast every working day from 25 July on; 64 origins.",
        Site(country="US"),
        "forecast_rolling_folds.csv",
        has_external=False,
    ),
)
HEAD = """# The forecast beside everything else

What our forecast and its rivals do on two public call centres, from the same origins, knowing only what came before
each of them. One configuration for both. **Every figure here is a hindcast**: computed afterwards. What each word means:
[methods/backtesting.md](methods/backtesting.md). This page is written by `make comparison` (needs `WFM_REAL_DATA`), never by hand.

Errors are wMAPE (absolute error over calls). "Volume" is the total of a horizon. "Holds" is how many busy intervals fall into the
band. The Poisson floor is what a forecast that knew the true rate would still miss.
"""


def main() -> None:
    folder = os.environ.get("WFM_REAL_DATA")
    if not folder:
        sys.exit("set WFM_REAL_DATA to the folder that holds forecast_panels/")
    PICTURES.mkdir(parents=True, exist_ok=True)
    parts = [HEAD]
    for comparison in COMPARISONS:
        result, analysis = _run(comparison, Path(folder) / "forecast_panels")
        parts += _section(comparison, result, analysis)
        REPORTS.mkdir(parents=True, exist_ok=True)
        page = backtest_report(result, analysis, ReportFacts(comparison.title))
        (REPORTS / f"backtest_{comparison.key}.html").write_text(page, encoding="utf-8")
    PAGE.write_text("\n".join(parts), encoding="utf-8")


def _run(comparison: Comparison, panels: Path) -> tuple[BacktestResult, BacktestAnalysis]:
    history = pd.read_parquet(panels / f"{comparison.dataset}_30min.parquet")
    folds = read_folds(pd.read_csv(CASES / comparison.folds), dataset=comparison.dataset)
    external = {
        name: pd.read_parquet(PREDICTIONS / f"{comparison.dataset}_{key}.parquet")
        for name, key in EXTERNAL.items()
        if comparison.has_external
    }
    result = run_backtest(history, folds, site=comparison.site, external=external, options=ForecastOptions())
    return result, analyse(result, history, site=comparison.site)


def _section(comparison: Comparison, result: BacktestResult, analysis: BacktestAnalysis) -> Iterator[str]:
    peer, queues = best_peer(analysis), queues_by_calls(analysis)
    yield f"## {comparison.title}\n{comparison.about}\n"
    for question, answer in summary(result.scores, analysis):
        yield f"- **{question}** {plain(answer)}"
    yield "\n" + markdown_table(tables.COMPARISON_HEAD, tables.comparison_rows(result.scores, analysis)) + "\n"
    yield _picture(comparison, "days", figures.days_figure(analysis.rows, ours=METHOD, peer=peer), "Calls per day")
    for label, week in shown_weeks(analysis.rows, ours=METHOD).items():
        figure = figures.week_figure(week, title=f"{label} ({week['target_date'].min():%d %B %Y})")
        yield _picture(comparison, label.replace(" ", "_"), figure, f"Forecast against what came, {label}")
    figure = figures.slices_figure(analysis.slices, ours=METHOD, peer=peer)
    yield _picture(comparison, "slices", figure, "Error by slice; green is the Poisson floor")
    figure = figures.calibration_figure(analysis.reliability, analysis.bands, ours=METHOD, queues=queues)
    yield _picture(comparison, "calibration", figure, "Reliability of quantiles, coverage of bands")
    yield _picture(comparison, "pit", figures.pit_figure(analysis.pit, ours=METHOD, queues=queues), "PIT histograms")
    yield _picture(comparison, "gains", figures.gain_figure(analysis.gains), "What could still be gained")
    yield markdown_table(tables.GAIN_HEAD, tables.gain_rows(analysis.gains), text_columns=frozenset({2})) + "\n"
    yield _picture(
        comparison, "differences", figures.difference_figure(analysis.differences), "Is the difference luck?"
    )
    rows = tables.difference_rows(analysis.differences)
    yield markdown_table(tables.DIFFERENCE_HEAD, rows, text_columns=frozenset({1})) + "\n"
    yield (
        "By day type:\n\n"
        + markdown_table(tables.SLICE_HEAD, tables.slice_rows(analysis.slices, "day_type", peer))
        + "\n"
    )


def _picture(comparison: Comparison, name: str, figure: Figure, words: str) -> str:
    path = PICTURES / f"forecast_{comparison.key}_{name}.png"
    path.write_bytes(as_png(figure, dpi=100))
    return f"![{words}](figures/{path.name})\n"


if __name__ == "__main__":
    main()
