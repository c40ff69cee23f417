"""Do the segments mean something, and do they last? Beside them K-means by silhouette alone (`_plain_segments.py`).

Simulated customers: how often are customers of one population split, how often are clear groups found with the right
number, and how many customers keep their name when half a year later everybody calls anew. A warehouse's customers: each
number of segments against chance and drawn anew, the number by the seed, and names kept over half a year.
Prints Markdown.
    python benchmarks/score_segments.py [WAREHOUSE.duckdb=SOURCE ...] [--only simulated|warehouses|speed]
"""

import argparse
import datetime as dt
import time
from collections import Counter
from pathlib import Path

import ibis
import numpy as np
import pandas as pd
from _plain_segments import plain_segments

from wfm_pipeline.contracts.stand_ins import UNKNOWN
from wfm_pipeline.domain.segments.choice import candidates, similarity
from wfm_pipeline.domain.segments.clustering import one_thread
from wfm_pipeline.domain.segments.grouping import compared_places
from wfm_pipeline.domain.segments.request import figures_of
from wfm_pipeline.transforms.behavior import measured_behavior
from wfm_pipeline_tests.segments_kit import Group, as_last, customers, segmented

SIZES = (30, 60, 120, 240)
REPEATS = 3
SEEDS = 10
HALF_YEAR = dt.timedelta(days=182)
ONE_POPULATION = {
    "identical, 5 calls in half a year": Group(0, 0.2),
    "identical, 26 calls": Group(0, 1.0),
    "identical, 130 calls": Group(0, 5.0),
    "one wide cloud (rates lognormal 1.0, AHT 0.4)": Group(0, 1.0, rate_spread=1.0, aht_spread=0.4),
    "one wide cloud, few calls": Group(0, 0.3, rate_spread=0.8, aht_spread=0.3),
}
GROUPS = {
    "two by calls, 16 times": [Group(0, 0.5, rate_spread=0.3), Group(0, 8.0, rate_spread=0.3)],
    "two by handle time, 6 times": [Group(0, 3.0, 120.0, aht_spread=0.1), Group(0, 3.0, 700.0, aht_spread=0.1)],
    "three": [Group(0, 1.0, 200.0), Group(0, 10.0, 100.0), Group(0, 10.0, 700.0)],
    "four": [Group(0, rate, aht, 0.2, 0.1) for rate in (20.0, 1.0) for aht in (600.0, 120.0)],
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("warehouses", nargs="*", metavar="WAREHOUSE.duckdb=SOURCE")
    parser.add_argument("--only", choices=("simulated", "warehouses", "speed"))
    arguments = parser.parse_args()
    if arguments.only in (None, "simulated"):
        one_population()
        clear_groups()
        names_kept_simulated()
    if arguments.only in (None, "speed"):
        speed()
    for place in arguments.warehouses:
        path, _, source = place.partition("=")
        warehouse(Path(path), source)


def one_population() -> None:
    print("\n| one population | simulations | split by ours | split by K-means alone |\n|---|---|---|---|")
    for name, group in ONE_POPULATION.items():
        ours, plain = 0, 0
        for seed, frame in simulated([group]):
            ours += len(segmented(frame, seed=seed).segments) > 1
            plain += len(set(plain_segments(frame, seed))) > 1
        runs = len(SIZES) * REPEATS
        print(f"| {name} | {runs} | {ours / runs:.1%} | {plain / runs:.1%} |", flush=True)


def clear_groups() -> None:
    print("\n| groups | simulations | right number by ours | by K-means alone |\n|---|---|---|---|")
    for name, groups in GROUPS.items():
        ours, plain = 0, 0
        for seed, frame in simulated(groups):
            ours += len(segmented(frame, seed=seed).segments) == len(groups)
            plain += plain_segments(frame, seed).nunique() == len(groups)
        runs = len(SIZES) * REPEATS
        print(f"| {name} | {runs} | {ours / runs:.1%} | {plain / runs:.1%} |", flush=True)


def simulated(groups: list[Group]) -> list[tuple[int, pd.DataFrame]]:
    """Seeds and customers: every size, several times."""
    found = []
    for size in SIZES:
        for repeat in range(REPEATS):
            seed = 1_000 * repeat + size
            parts = [
                Group(size // len(groups), one.calls_per_week, one.aht_seconds, one.rate_spread, one.aht_spread)
                for one in groups
            ]
            found.append((seed, customers(parts, seed)))
    return found


def names_kept_simulated() -> None:
    """Four groups; in the second half-year the same customers call anew, and in one case everybody a fifth less."""
    print("\n| four groups, half a year later | names kept by ours | by K-means alone |\n|---|---|---|")
    for name, factor in (("all call as before", 1.0), ("all call a fifth less", 0.8)):
        ours, plain = [], []
        for seed in range(SEEDS):
            first, second = (
                customers(
                    [Group(25, one.calls_per_week * times, one.aht_seconds, 0.2, 0.1) for one in GROUPS["four"]], draw
                )
                for draw, times in ((seed, 1.0), (seed + 500, factor))
            )
            ours.append(kept(first, second, ours_of(first, second, seed)))
            plain.append(kept(first, second, (plain_segments(first, seed), plain_segments(second, seed))))
        print(f"| {name} | {np.mean(ours):.1%} | {np.mean(plain):.1%} |", flush=True)


def ours_of(first: pd.DataFrame, second: pd.DataFrame, seed: int) -> tuple[pd.Series, pd.Series]:
    """Names of a run and of the next, which knows the first."""
    before = segmented(first, until=dt.date(2026, 1, 1), seed=seed)
    after = segmented(second, until=dt.date(2026, 7, 1), seed=seed, last=as_last(before))
    return before.customers["segment_name"], after.customers["segment_name"]


def kept(first: pd.DataFrame, second: pd.DataFrame, names: tuple[pd.Series, pd.Series]) -> float:
    """Share of the customers of both who keep their name."""
    before, after = (frame.set_index("customer_key").index for frame in (first, second))
    one, two = (part.set_axis(index) for part, index in zip(names, (before, after), strict=True))
    both = one.index.intersection(two.index)
    return float((one.loc[both] == two.loc[both]).mean())


def speed() -> None:
    print("\n| customers | seconds |\n|---|---|")
    for count in (100, 10_000, 200_000):
        frame = many(count)
        start = time.perf_counter()
        segmented(frame)
        print(f"| {count:,} | {time.perf_counter() - start:.1f} |", flush=True)


def many(count: int) -> pd.DataFrame:
    """Customers of four groups, drawn at once."""
    rng = np.random.default_rng(1)
    frame = customers([Group(250, one.calls_per_week, one.aht_seconds, 0.2, 0.1) for one in GROUPS["four"]], 1)
    drawn = frame.iloc[rng.integers(len(frame), size=count)].reset_index(drop=True)
    return drawn.assign(customer_key=[f"c{place:06d}" for place in range(count)])


def warehouse(path: Path, source: str) -> None:
    """Each number of segments against chance; the number by the seed; names kept."""
    calls = ibis.duckdb.connect(path, read_only=True).table("calls", database="silver")
    calls = calls.filter(calls.source == source)
    frame = known(calls)
    print(f"\n## {source}: {len(frame):,} known customers\n")
    print("| segments | silhouette | by chance | p-value | least stability |\n|---|---|---|---|---|")
    figures = figures_of(frame).rows(compared_places(frame["customer_key"]))
    rng = np.random.default_rng(1)
    with one_thread():
        for one in candidates(figures, range(2, 7), rng):
            least = similarity(figures, one.centres, rng).min()
            print(
                f"| {one.k} | {one.silhouette:.3f} | {one.by_chance:.3f} | {one.p_value:.3f} | {least:.2f} |",
                flush=True,
            )
    ours = Counter(len(segmented(frame, seed=seed).segments) for seed in range(SEEDS))
    plain = Counter(plain_segments(frame, seed).nunique() for seed in range(SEEDS))
    print(f"\nSegments by {SEEDS} seeds: ours {dict(ours)}, K-means alone {dict(plain)}.", flush=True)
    last = pd.Timestamp(calls.business_date.max().execute()).date()
    middle = last - HALF_YEAR
    halves = {
        "all calls until then, and until now": (calls.filter(calls.business_date <= middle), calls),
        "the half-years apart": tuple(
            calls.filter((calls.business_date > end - HALF_YEAR) & (calls.business_date <= end))
            for end in (middle, last)
        ),
    }
    print("\n| half a year later | customers of both | names kept by ours | by K-means alone |\n|---|---|---|---|")
    for name, (one, two) in halves.items():
        first, second = known(one), known(two)
        both = first["customer_key"].isin(second["customer_key"]).sum()
        mine = kept(first, second, ours_of(first, second, 1))
        peer = kept(first, second, (plain_segments(first, 1), plain_segments(second, 1)))
        print(f"| {name} | {both:,} | {mine:.1%} | {peer:.1%} |", flush=True)


def known(calls: ibis.Table) -> pd.DataFrame:
    frame = measured_behavior(calls).to_pandas()
    return frame[frame["customer_key"] != UNKNOWN].sort_values("customer_key").reset_index(drop=True)


if __name__ == "__main__":
    main()
