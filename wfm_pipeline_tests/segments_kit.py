"""Customers whose truth is known, made call by call, and the rows that a segmentation takes."""

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd

from wfm_pipeline.domain.segments import LastRun, SegmentRequest, segment_customers

WEEKS = 26
UNTIL = dt.date(2026, 6, 30)
NEXT = UNTIL + dt.timedelta(days=1)


@dataclass(frozen=True)
class Group:
    """A population: its mean calls per week and AHT, and how far its customers differ (0: not at all)."""

    customers: int
    calls_per_week: float = 1.0
    aht_seconds: float = 300.0
    rate_spread: float = 0.0
    aht_spread: float = 0.0
    call_spread: float = 0.8


def customers(groups, seed, *, known_share=0.9, weeks=WEEKS):
    """One row per customer that called, group after group; calls come by chance and last lognormal times."""
    rng, rows = np.random.default_rng(seed), []
    for number, group in enumerate(groups):
        for _ in range(group.customers):
            rate = group.calls_per_week * np.exp(group.rate_spread * rng.standard_normal())
            mean = group.aht_seconds * np.exp(group.aht_spread * rng.standard_normal())
            times = rng.uniform(0, weeks, rng.poisson(rate * weeks))
            if len(times):
                lengths = mean * rng.lognormal(-(group.call_spread**2) / 2, group.call_spread, len(times))
                rows.append(
                    (number, weeks - times.min(), len(times), lengths[rng.uniform(size=len(times)) < known_share])
                )
    return pd.DataFrame(
        {
            "customer_key": [f"c{place:05d}" for place in range(len(rows))],
            "group": [row[0] for row in rows],
            "calls": [row[2] for row in rows],
            "calls_per_week": [row[2] / weeks for row in rows],
            "weeks_known": [np.ceil(row[1] * 7) / 7 for row in rows],
            "answered_handle_known": [len(row[3]) for row in rows],
            "aht_seconds": [row[3].mean() if len(row[3]) else np.nan for row in rows],
            "handle_sd_seconds": [row[3].std(ddof=1) if len(row[3]) > 1 else np.nan for row in rows],
        }
    )


def segmented(frame, *, until=UNTIL, seed=1, last=None, **options):
    """The answer for these customers."""
    return segment_customers(SegmentRequest(customers=frame, until=until, seed=seed, last=last, **options))


def as_last(result):
    """A run as the next one finds it in gold: its segments, and everybody by their last change."""
    kept = ["customer_key", "segment_id", "segment_name", "segment_since", "previous_segment_name"]
    known = result.customers[result.customers["segment_id"].notna()]
    return LastRun(
        segments=result.segments,
        customers=known[kept].reset_index(drop=True),
        highest_id=int(result.segments["segment_id"].max()),
    )


def four_groups(customers_each=15):
    """Many or few calls, long or short ones: far apart."""
    sizes = [(24.0, 600.0), (16.0, 120.0), (1.5, 600.0), (1.0, 120.0)]
    return [Group(customers_each, rate, aht, rate_spread=0.1, aht_spread=0.05) for rate, aht in sizes]
