"""How many false alarms do surges make on weeks they have not seen, and how soon is an injected surge found, beside static limits?

Streams of WFM_REAL_DATA; every week is judged with what the weeks before it say, eight unless --past says another number. Real surges in these weeks count as false
alarms, as nobody knows which are real. Injected: expected cases times a factor on top of the real ones, from an hour drawn by
expected cases on; delay in hours, 24 where none was raised. The static rules get as many false alarms on the very weeks they are judged on as ours made.
Constants were chosen on even weeks; odd weeks are the figures. Prints JSON.
    python benchmarks/score_surges.py REAL_DATA [--weeks even|odd] [--past 8] [--most 20] [--allowance 0.5] [--hour-share 0.25]
        [--per-week 1,3] [--only assist]
"""

import argparse
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from wfm_pipeline.domain.arrays import BoolArray, FloatArray
from wfm_pipeline.domain.backlog.surges.chart import ALLOWANCE, ChartLimits, beginnings, chart
from wfm_pipeline.domain.backlog.surges.delays import shifted
from wfm_pipeline.domain.backlog.surges.limits import HOUR_SHARE, learnt_limits
from wfm_pipeline.domain.backlog.surges.request import AGE, INFLOW, THROUGHPUT
from wfm_pipeline.domain.backlog.surges.scores import count_scores
from wfm_pipeline.domain.backlog.surges.streams import Stream, age_stream, count_stream
from wfm_pipeline.domain.backlog.surges.weekly_grid import in_a_row

DAY = 24
WEEK = 168
OLD_HOURS = 4
"""First age limit [h]."""
SHIFTS = {INFLOW: (1.5, 2.0, 3.0), THROUGHPUT: (0.5, 0.25)}
DRAWS = 200
TEXTBOOK = ChartLimits(hour=3.0, total=5.0)
"""Three sigma, and a CUSUM with k = 0.5, h = 5."""


@dataclass
class Weeks:
    """A stream of one source: arrays of shape (n_weeks, 7, 24, n_queues)."""

    name: str
    kind: str
    seen: FloatArray
    most: FloatArray | None = None

    def stream(self, week: int, past: int) -> Stream:
        """So many weeks, and the one that is judged."""
        part = slice(week - past, week + 1)
        if self.kind == AGE:
            return age_stream(self.seen[part], np.ones(self.seen[part].shape, dtype=np.bool_), weeks=past)
        most = None if self.most is None else self.most[part]
        return count_stream(self.kind, self.seen[part], weeks=past, most=most)


def main() -> None:
    """Judge every stream, print."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("real_data", type=Path)
    words.add_argument("--weeks", choices=("even", "odd"), default="odd")
    words.add_argument("--past", type=int, default=8)
    words.add_argument("--most", type=int, default=1_000)
    words.add_argument("--allowance", type=float, default=ALLOWANCE)
    words.add_argument("--hour-share", type=float, default=HOUR_SHARE)
    words.add_argument("--per-week", default="1,3")
    words.add_argument("--only", default="")
    asked = words.parse_args()
    for per_week in map(float, asked.per_week.split(",")):
        for source in sources(asked.real_data):
            if asked.only in f"{source.name} {source.kind}" and len(source.seen) > asked.past + 1:
                print(json.dumps(judged(source, per_week, asked)), flush=True)


def judged(source: Weeks, per_week: float, asked: argparse.Namespace) -> dict[str, object]:
    """False alarms of the weeks, and delays."""
    weeks = [w for w in range(asked.past, len(source.seen)) if w % 2 == (asked.weeks == "odd")]
    weeks = weeks[:: max(1, len(weeks) // asked.most)]
    rng = np.random.default_rng(1)
    alarms, textbook, hour_limits, injections = [], [], [], []
    for week in weeks:
        stream = source.stream(week, asked.past)
        options = {"allowance": asked.allowance, "hour_share": asked.hour_share}
        past = stream.scores[: asked.past]
        past = past[~np.isnan(past).all(axis=(1, 2, 3))][..., ~np.isnan(past).all(axis=(0, 1, 2))]
        learnt = learnt_limits(past, per_week=per_week, seed=week, **options)
        assert learnt.limits is not None, learnt.reason
        hour_limits.append((learnt.limits.hour, learnt.limits.total))
        alarms.append(made(stream, learnt.limits, asked.allowance))
        textbook.append(made(stream, TEXTBOOK, 0.5))
        if stream.spread is not None:
            injections.append(Injected.of(stream, learnt.limits, rng))
    found = {
        "data": source.name,
        "stream": source.kind,
        "queues": source.seen.shape[-1],
        "weeks": len(weeks),
        "stated": per_week,
        "made": round(float(np.mean(alarms)), 2),
        "standard_error": round(float(np.std(alarms) / np.sqrt(len(weeks))), 2),
        "textbook": round(float(np.mean(textbook)), 1),
        "limits": np.round(np.median(hour_limits, axis=0), 1).tolist(),
    }
    return {**found, **(delays(source.kind, injections, sum(alarms), asked.allowance) if injections else {})}


def made(stream: Stream, limits: ChartLimits, allowance: float) -> int:
    """Alarms that begin in the judged week; the chart runs on from the weeks before."""
    is_alarm = chart(in_a_row(stream.scores), limits, allowance=allowance).is_alarm
    return int(beginnings(is_alarm)[-WEEK:].sum())


@dataclass
class Injected:
    """A judged week with shifts put in: shape (2 * 24, DRAWS) from a day before each shift, and the whole week for static rules."""

    counts: FloatArray
    expected: FloatArray
    usual: FloatArray
    spread: FloatArray
    is_scored: BoolArray
    week: FloatArray
    week_expected: FloatArray
    week_usual: FloatArray
    limits: ChartLimits

    @classmethod
    def of(cls, stream: Stream, limits: ChartLimits, rng: np.random.Generator) -> "Injected":
        """Draw where shifts begin."""
        assert stream.spread is not None
        counts, expected = in_a_row(stream.seen), in_a_row(stream.expected)
        is_scored = ~np.isnan(in_a_row(stream.scores))
        weight = np.where(is_scored, np.nan_to_num(expected), 0.0)[-WEEK : -DAY + 1]
        place = rng.choice(weight.size, size=DRAWS, p=weight.ravel() / weight.sum())
        start, queue = place // weight.shape[1] + len(counts) - WEEK, place % weight.shape[1]
        rows = start[None, :] + np.arange(-DAY, DAY)[:, None]
        usual = np.nanmean(counts[:-WEEK], axis=0)
        return cls(
            counts=counts[rows, queue],
            expected=expected[rows, queue],
            usual=usual[queue],
            spread=in_a_row(stream.spread)[rows, queue],
            is_scored=is_scored[rows, queue],
            week=np.where(is_scored, counts, np.nan)[-WEEK:],
            week_expected=expected[-WEEK:],
            week_usual=usual,
            limits=limits,
        )


def delays(kind: str, weeks: list[Injected], alarms: int, allowance: float) -> dict[str, object]:
    """Mean delay of ours and of the static rules at as many false alarms, by shift."""
    rng = np.random.default_rng(2)
    sign = -1.0 if kind == THROUGHPUT else 1.0
    rules: dict[str, Callable[[FloatArray, FloatArray, FloatArray], FloatArray]] = {
        "static": lambda counts, _, usual: sign * (counts - usual) / np.sqrt(usual),
        "over_forecast": lambda counts, expected, _: sign * (counts - expected) / np.sqrt(expected),
    }
    limits = {name: static_limits(rule, weeks, alarms) for name, rule in rules.items()}
    found: dict[str, object] = {}
    for shift in SHIFTS[kind]:
        times: dict[str, list[FloatArray]] = {"ours": [], **{name: [] for name in rules}}
        for week in weeks:
            counts = np.vstack([week.counts[:DAY], shifted(week.counts[DAY:], week.expected[DAY:], shift, rng)])
            scores = np.where(week.is_scored, sign * count_scores(counts, week.expected, week.spread), np.nan)
            times["ours"].append(hours_to(chart(scores, week.limits, allowance=allowance).is_alarm))
            for name, rule in rules.items():
                few, many, part = limits[name]
                values = rule(counts, week.expected, week.usual)
                both = [hours_to(week.is_scored & (values >= limit)).mean() for limit in (few, many)]
                times[name].append(np.array([(1 - part) * both[0] + part * both[1]]))
        found[f"x{shift:g}"] = {name: round(float(np.concatenate(each).mean()), 1) for name, each in times.items()}
    return found


def static_limits(
    rule: Callable[[FloatArray, FloatArray, FloatArray], FloatArray], weeks: list[Injected], alarms: int
) -> tuple[float, float, float]:
    """Two neighbouring limits of a rule, and in which part the second is taken so that it makes as many alarms in the judged weeks as ours."""
    values = [rule(week.week, week.week_expected, week.week_usual[None, :]) for week in weeks]
    grid = np.unique(np.concatenate([value[~np.isnan(value)] for value in values]))[::-1]
    before, made_before = float("inf"), 0
    for limit in grid:
        now = sum(int(beginnings(value >= limit).sum()) for value in values)
        if now >= alarms:
            return before, float(limit), (alarms - made_before) / max(now - made_before, 1)
        before, made_before = float(limit), now
    return before, before, 1.0


def hours_to(is_alarm: BoolArray) -> FloatArray:
    """Hours from the shift to the alarm, of shifts that do not begin under an alarm."""
    after = is_alarm[DAY:, ~is_alarm[DAY - 1]]
    return np.where(after.any(axis=0), after.argmax(axis=0) + 1, DAY).astype(np.float64)


def sources(folder: Path) -> list[Weeks]:
    """Every stream there is."""
    incidents, helpdesk = incident_cases(folder), helpdesk_cases(folder)
    found = [
        *of_cases("incidents_2016", incidents, "2016-02-29", 13),
        *of_cases("helpdesk_2010", helpdesk, "2010-01-18", 206),
    ]
    for name, start, weeks in (
        ("assist_30min", "2011-01-03", 102),
        ("emergency_60min", "2016-01-04", 208),
        ("anon_30min", "1999-01-18", 27),
        ("bank_30min", "2003-03-03", 33),
    ):
        rows = pd.read_parquet(folder / "forecast_panels" / f"{name}.parquet")
        found.append(Weeks(name, INFLOW, laid(rows["queue_id"], rows["interval_start"], rows["calls"], start, weeks)))
    rows = pd.read_csv(folder / "service_desk_hourly_2019" / "data_calls_tmp.csv")
    one = pd.Series("desk", index=rows.index)
    found.append(
        Weeks(
            "service_desk_2019",
            INFLOW,
            laid(one, pd.to_datetime(rows["CallsDateTime"]), rows["CallsOffered"], "2019-01-07", 51),
        )
    )
    return found


def of_cases(name: str, cases: pd.DataFrame, start: str, weeks: int) -> list[Weeks]:
    """Inflow, old cases and throughput of cases: queue_id, opened_at, done_at."""
    ones = pd.Series(1.0, index=cases.index)
    queues = sorted(cases["queue_id"].unique())

    def count(at: pd.Series, of: pd.Series) -> FloatArray:
        return laid(cases["queue_id"][of], at[of], ones[of], start, weeks, queues)

    everybody, is_done = ones > 0, cases["done_at"].notna()
    old_at = cases["opened_at"] + pd.Timedelta(hours=OLD_HOURS)
    gets_old = ~(cases["done_at"] <= old_at)
    inflow, done = count(cases["opened_at"], everybody), count(cases["done_at"], is_done)
    begin = pd.Timestamp(start)
    before = np.array(
        [((cases["opened_at"] < begin) & ~(cases["done_at"] < begin) & (cases["queue_id"] == q)).sum() for q in queues]
    )
    grown = (
        in_a_row(count(old_at, gets_old) - count(cases["done_at"], is_done & gets_old))
        .cumsum(axis=0)
        .reshape(inflow.shape)
    )
    stock = in_a_row(inflow - done).cumsum(axis=0) + before
    to_do = np.vstack([before[None, :], stock[:-1]]).reshape(inflow.shape) + inflow
    return [Weeks(name, INFLOW, inflow), Weeks(name, AGE, grown), Weeks(name, THROUGHPUT, done, most=to_do)]


def laid(
    queue: pd.Series, at: pd.Series, count: pd.Series, start: str, weeks: int, queues: list[str] | None = None
) -> FloatArray:
    """Sums per queue and hour, shape (weeks, 7, 24, n_queues)."""
    names = queues or sorted(queue.unique())
    hour = ((at - pd.Timestamp(start)) // pd.Timedelta(hours=1)).to_numpy()
    code = pd.Categorical(queue, categories=names).codes
    is_in = (hour >= 0) & (hour < weeks * WEEK)
    place = hour[is_in].astype(np.int64) * len(names) + code[is_in]
    total = np.bincount(place, weights=count.to_numpy(np.float64)[is_in], minlength=weeks * WEEK * len(names))
    return total.reshape(weeks, 7, DAY, len(names))


def incident_cases(folder: Path) -> pd.DataFrame:
    """Cases of incidents_2016 by their first group."""
    with zipfile.ZipFile(folder / "incidents_2016" / "incident_event_log.zip") as packed:
        rows = pd.read_csv(packed.open(packed.namelist()[0]), na_values="?", low_memory=False)
    cases = rows.groupby("number").agg(
        queue_id=("assignment_group", "first"), opened_at=("opened_at", "first"), done_at=("resolved_at", "last")
    )
    for name in ("opened_at", "done_at"):
        cases[name] = pd.to_datetime(cases[name], format="%d/%m/%Y %H:%M")
    return cases.assign(queue_id=cases["queue_id"].astype("string").fillna("(unknown)").astype(object))


def helpdesk_cases(folder: Path) -> pd.DataFrame:
    """Cases of helpdesk_2010, one queue, done when last resolved."""
    rows = pd.read_csv(folder / "helpdesk_2010" / "events.csv.gz")
    at = pd.to_datetime(rows["time:timestamp"], utc=True).dt.tz_localize(None)
    opened = at.groupby(rows["case:concept:name"]).min()
    is_done = rows["concept:name"] == "Resolve ticket"
    done = at[is_done].groupby(rows["case:concept:name"][is_done]).max()
    return pd.DataFrame({"queue_id": "desk", "opened_at": opened, "done_at": done})


if __name__ == "__main__":
    main()
