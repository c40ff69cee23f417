"""The made contact centre behaves as promised, and its truth agrees with its records."""

import dataclasses
import datetime as dt
import re

import numpy as np
import pandas as pd
import pytest

from wfm_pipeline.domain.calendar import calendar_days
from wfm_pipeline.domain.simulation.sample.arrivals import (
    day_levels,
    expected_calls,
    first_attempts,
    minute_density,
    open_days,
)
from wfm_pipeline.domain.simulation.sample.contact_centre import SampleData, simulate_contact_centre
from wfm_pipeline.domain.simulation.sample.spec import MONITOR_NUMBER, ContactCentreSpec, QueueSpec
from wfm_pipeline.errors import DataError

LAST_DATE = dt.date(2026, 3, 31)
HALF_A_YEAR = ContactCentreSpec(months=6)
ONE_MONTH = ContactCentreSpec(months=1)


@pytest.fixture(scope="module")
def sample() -> SampleData:
    return simulate_contact_centre(HALF_A_YEAR, last_date=LAST_DATE, seed=7)


@pytest.fixture(scope="module")
def truth(sample: SampleData) -> pd.DataFrame:
    return sample.truth["truth_calls"].set_index("call_id", drop=False)


@pytest.fixture(scope="module")
def clean_legs(sample: SampleData) -> pd.DataFrame:
    """Rows of calls that carry no labelled fault, in order of call and leg."""
    cdr, dirt = sample.source["queue_cdr"], sample.truth["truth_dirt"]
    clean = cdr[~cdr["CallId"].isin(dirt["row_id"])]
    return clean.sort_values(["CallId", "LegNumber"], ignore_index=True)


# ---- the same again, or not -------------------------------------------------------------------


def test_same_seed_and_dates_give_the_same_rows():
    one = simulate_contact_centre(ONE_MONTH, last_date=LAST_DATE, seed=3)
    two = simulate_contact_centre(ONE_MONTH, last_date=LAST_DATE, seed=3)

    for tables_one, tables_two in ((one.source, two.source), (one.truth, two.truth)):
        assert list(tables_one) == list(tables_two)
        for name, frame in tables_one.items():
            pd.testing.assert_frame_equal(frame, tables_two[name])


def test_another_seed_gives_other_calls():
    one = simulate_contact_centre(ONE_MONTH, last_date=LAST_DATE, seed=3)
    two = simulate_contact_centre(ONE_MONTH, last_date=LAST_DATE, seed=4)

    assert not one.source["queue_cdr"]["Created"].equals(two.source["queue_cdr"]["Created"])


@pytest.mark.parametrize(
    ("months", "last_date", "expected"),
    [
        pytest.param(18, dt.date(2026, 11, 20), dt.date(2025, 5, 21), id="18_months_end_with_the_last_date"),
        pytest.param(1, dt.date(2026, 3, 31), dt.date(2026, 3, 1), id="short_february_is_clipped"),
    ],
)
def test_history_begins_months_before_the_day_after_the_last(months, last_date, expected):
    assert expected == ContactCentreSpec(months=months).first_date(last_date)


@pytest.mark.parametrize("wrong", [{"months": 0}, {"queues": ()}, {"customers": 5, "parents": 5}])
def test_impossible_centre_is_refused(wrong):
    with pytest.raises(DataError, match="a sample needs"):
        ContactCentreSpec(**wrong)


# ---- arrivals ---------------------------------------------------------------------------------


def test_minute_density_is_a_distribution_over_the_opening_hours():
    density = minute_density(QueueSpec("q", "Q", 100), 7 * 60, 21 * 60)

    assert density.sum() == pytest.approx(1.0)
    assert density[: 7 * 60].sum() == 0.0
    assert density[21 * 60 :].sum() == 0.0
    assert density[10 * 60] > 2 * density[20 * 60]


def _dispersion(spec: ContactCentreSpec) -> float:
    """Mean of (calls - expected)^2 / expected over days and queues: 1 for Poisson."""
    rng = np.random.default_rng(11)
    days = open_days(spec, LAST_DATE)
    expected = expected_calls(spec, days)
    attempts = first_attempts(spec, days, expected * day_levels(spec, len(days), rng), rng)
    inside = attempts[~attempts["is_closed"]]
    counts = np.zeros_like(expected)
    np.add.at(counts, (inside["day"].to_numpy(), inside["queue"].to_numpy()), 1)
    return float(((counts - expected) ** 2 / expected).mean())


def test_day_levels_are_over_dispersed():
    # 18 months, 4 queues: about 1,800 cells. sd of the level is sqrt(0.10^2 + 0.09^2) = 0.135, so the
    # index is about 1 + mean calls 170 x 0.018 = 4.1.
    assert _dispersion(ContactCentreSpec()) > 2.5


def test_without_day_levels_arrivals_are_poisson():
    # The mean of 1,800 chi-square-like cells has a standard error of sqrt(2 / 1800) = 0.033: 4 of them.
    flat = ContactCentreSpec(day_level_sd=0.0, queue_level_sd=0.0)

    assert _dispersion(flat) == pytest.approx(1.0, abs=0.133)


def test_mondays_are_busy_and_saturdays_short(truth):
    by_day = truth.groupby(truth["started_at_local"].dt.normalize()).size()
    mean = by_day.groupby(by_day.index.day_of_week).mean()

    assert mean[0] > mean[2] > mean[4] > 2 * mean[5]


def test_closed_days_have_no_rows(sample):
    days = calendar_days(HALF_A_YEAR.site, sample.first_date, sample.last_date)
    closed = set(days.loc[~days["is_open"], "date"])
    with_rows = set(sample.source["queue_cdr"]["Created"].dt.normalize())

    assert {pd.Timestamp("2025-12-25"), pd.Timestamp("2026-01-06"), pd.Timestamp("2025-10-05")} <= closed
    assert not closed & with_rows


def test_every_open_day_has_rows_but_the_missing_one(sample):
    days = calendar_days(HALF_A_YEAR.site, sample.first_date, sample.last_date)
    open_dates = set(days.loc[days["is_open"], "date"])
    missing = set(sample.truth["truth_missing_days"]["date"])

    assert len(missing) == 1
    for table in ("queue_cdr", "cases"):
        assert open_dates - missing == set(sample.source[table]["Created"].dt.normalize()) & open_dates


def test_customers_have_zipf_like_sizes_and_several_numbers(sample, truth):
    calls = truth.groupby("customer_id").size()
    customers = sample.source["customers"]

    assert calls.max() > 5 * calls.median()
    assert customers.groupby("CustomerId").size().max() >= 3
    assert customers["ParentCustomerId"].dropna().duplicated().any()
    assert customers["LandingNumber"].is_unique
    assert customers["Name"].str.startswith("Simulated customer ").all()


# ---- truth and records agree --------------------------------------------------------------------


def test_truth_has_exactly_the_calls_that_should_be_counted(sample, truth):
    cdr, dirt = sample.source["queue_cdr"], sample.truth["truth_dirt"]
    excluded = set(dirt.loc[dirt["kind"].isin(["excluded_test_queue", "excluded_number"]), "row_id"])

    assert truth["call_id"].is_unique
    assert set(cdr["CallId"]) - excluded == set(truth["call_id"])
    assert excluded == set(cdr.loc[cdr["QueueId"].eq("test") | cdr["callerNr"].eq(MONITOR_NUMBER), "CallId"])


def test_legs_are_numbered_from_one_and_only_transferred_legs_are_followed(clean_legs):
    by_call = clean_legs.groupby("CallId")
    is_last = ~clean_legs["CallId"].duplicated(keep="last")

    assert (clean_legs["LegNumber"] == by_call.cumcount() + 1).all()
    assert (clean_legs["Status"].eq("TRANSFERRED") == ~is_last).all()
    assert (by_call["Created"].diff().dropna() >= pd.Timedelta(0)).all()


def test_first_leg_tells_the_first_queue_and_later_legs_mislead(clean_legs, truth):
    first = clean_legs.drop_duplicates("CallId").set_index("CallId")
    later = clean_legs[clean_legs["LegNumber"] > 1]

    assert len(later) > 1000
    assert (first["QueueId"] == truth["first_queue_id"].reindex(first.index)).all()
    assert later["callerNr"].str.fullmatch(r"2\d{3}").all()  # the extension of the agent who passed it on
    assert later["LandingNumber"].str.fullmatch(r"90\d").all()


def test_every_redial_repeats_an_abandoned_call_of_the_same_person_in_the_same_queue(truth):
    redials = truth[truth["redial_kind"] != "none"]
    previous = truth.loc[redials["is_redial_of_call_id"]]

    assert redials["is_redial_of_call_id"].is_unique
    assert (previous["outcome"] == "abandoned").all()
    assert (previous["person_id"].to_numpy() == redials["person_id"].to_numpy()).all()
    assert (previous["first_queue_id"].to_numpy() == redials["first_queue_id"].to_numpy()).all()
    assert truth.loc[truth["redial_kind"] == "none", "is_redial_of_call_id"].isna().all()


def test_redial_kinds_keep_their_definitions(truth):
    redials = truth[truth["redial_kind"] != "none"]
    previous = truth.loc[redials["is_redial_of_call_id"]].set_index(redials.index)
    gap = (redials["started_at_local"] - previous["started_at_local"]).dt.total_seconds()
    same_number = redials["caller_number"] == previous["caller_number"]
    kind = redials["redial_kind"]

    assert set(kind) == {"in_reach", "late", "other_phone", "withheld"}
    assert gap[kind == "in_reach"].between(1, 300).all()
    assert same_number[kind == "in_reach"].all()
    assert (gap[kind == "late"] > 300).all()
    assert same_number[kind == "late"].all()
    assert not same_number[kind == "other_phone"].any()
    assert redials.loc[kind == "withheld", "is_withheld"].all()


def test_most_redials_are_in_reach(truth):
    kinds = truth.loc[truth["redial_kind"] != "none", "redial_kind"].value_counts(normalize=True)

    assert kinds["in_reach"] > 0.5
    assert kinds["late"] > 0.1


def test_switchboard_numbers_are_shared_by_strangers(truth):
    known = truth[truth["caller_number"].notna()]
    persons = known.groupby(["behind_switchboard", "caller_number"])["person_id"].nunique()

    assert persons[True].min() > 1
    assert persons[False].max() == 1


# ---- agents -----------------------------------------------------------------------------------


def test_an_agent_takes_one_call_at_a_time(clean_legs):
    served = clean_legs[clean_legs["UserId"].notna()]
    starts = served["Created"] + pd.to_timedelta(served["WaitTimeInSec"], unit="s")
    work = served["TalkTimeInSec"] + served["HoldTimeInSec"] + served["AfterCallTimeInSec"]
    spans = pd.DataFrame(
        {"agent": served["UserId"], "starts": starts, "ends": starts + pd.to_timedelta(work, unit="s")}
    )
    spans = spans.sort_values(["agent", "starts", "ends"])
    idle = spans["starts"] - spans.groupby("agent")["ends"].shift()

    # each of start, wait, talk, hold and after-call work is rounded by itself: at most 3 s together
    assert idle.dropna().min() >= pd.Timedelta(seconds=-3)


def test_agents_answer_only_during_their_shifts(sample, clean_legs):
    served = clean_legs[clean_legs["UserId"].notna()]
    starts = served["Created"] + pd.to_timedelta(served["WaitTimeInSec"], unit="s")
    answers = pd.DataFrame({"agent_id": served["UserId"], "date": served["Created"].dt.normalize(), "at": starts})
    merged = answers.merge(sample.truth["truth_shifts"], on=["agent_id", "date"], how="left")
    second, grace = pd.Timedelta(seconds=1), pd.Timedelta(minutes=15)  # who works until closing empties the queue

    assert merged["queue_id"].notna().all()
    assert (merged["at"] >= merged["starts_at_local"] - second).all()
    assert (merged["at"] <= merged["ends_at_local"] + grace).all()


def test_agents_work_at_most_five_days_a_week(sample):
    shifts = sample.truth["truth_shifts"]
    week = shifts["date"].dt.isocalendar()
    days = shifts.groupby([shifts["agent_id"], week["year"], week["week"]]).size()

    assert days.max() <= 5
    assert not shifts.duplicated(["agent_id", "date"]).any()


def test_callers_are_served_in_order_of_their_arrival(clean_legs):
    # within one second the log does not tell who came first: there the order of service says it
    served = clean_legs[clean_legs["UserId"].notna()].sort_values(["QueueId", "Created", "WaitTimeInSec"])
    starts = served["Created"] + pd.to_timedelta(served["WaitTimeInSec"], unit="s")
    step = starts.groupby([served["QueueId"], served["Created"].dt.normalize()]).diff().dropna()

    # the start is cut and the wait rounded: two neighbours can look swapped by up to 2 s
    assert step.min() >= pd.Timedelta(seconds=-2)


# ---- records ------------------------------------------------------------------------------------


def test_numbers_are_written_in_many_ways(clean_legs):
    first = clean_legs.loc[clean_legs["LegNumber"] == 1, "callerNr"]

    for form in (
        r"074\d{7}",
        r"\+4674\d{7}",
        r"004674\d{7}",
        r"074-\d{3} \d{2} \d{2}",
        r"\+46 74 .*",
        r"\+47\d+",
        "anonymous",
    ):
        assert first.str.fullmatch(form).any(), form


def test_written_numbers_are_the_true_numbers(clean_legs, truth):
    first = clean_legs[clean_legs["LegNumber"] == 1].set_index("CallId")
    expected = truth["caller_number"].reindex(first.index)
    digits = first["callerNr"].str.replace(r"\D", "", regex=True)

    assert all(d.endswith(number) for d, number in zip(digits[expected.notna()], expected.dropna(), strict=True))
    assert (digits[expected.isna()].str.len() < 7).all()


def test_every_fault_is_labelled_and_every_label_is_a_fault(sample):
    cdr = sample.source["queue_cdr"].rename(columns={"CallId": "row_id", "LegNumber": "leg_number"})
    dirt = sample.truth["truth_dirt"]
    dirt = dirt[dirt["table_name"] == "queue_cdr"]
    keys = ["row_id", "leg_number"]
    found = {
        "negative_talk": cdr[cdr["TalkTimeInSec"] < 0],
        "absurd_talk": cdr[cdr["TalkTimeInSec"] > 14_400],
        "negative_wait": cdr[cdr["WaitTimeInSec"] < 0],
        "duplicate": cdr[cdr.duplicated()],
        "corrected": cdr[cdr.duplicated(keys) & ~cdr.duplicated()],
    }

    for kind, rows in found.items():
        labelled = dirt.loc[dirt["kind"] == kind, keys]
        assert len(rows) > 0, kind
        assert sorted(map(tuple, rows[keys].to_numpy())) == sorted(map(tuple, labelled.to_numpy())), kind


def test_a_correction_comes_later_and_not_after_the_end(sample):
    cdr, dirt = sample.source["queue_cdr"], sample.truth["truth_dirt"]
    corrected = cdr[cdr["CallId"].isin(dirt.loc[dirt["kind"] == "corrected", "row_id"]) & cdr["LegNumber"].eq(1)]
    versions = corrected.sort_values("Updated").groupby("CallId")

    assert (versions["Updated"].last() > versions["Updated"].first())[versions.size() > 1].all()
    assert cdr["Updated"].max() < pd.Timestamp(LAST_DATE) + pd.Timedelta(days=1)


def test_cases_have_due_dates_and_belong_to_calls(sample):
    cases = sample.source["cases"]
    due_hours = (cases["Due"] - cases["Created"]).dt.total_seconds() / 3600
    closed = cases["Closed"].notna()

    assert (due_hours == cases["Priority"].map({"Low": 120.0, "Normal": 48.0, "High": 8.0})).all()
    assert (closed == cases["Status"].eq("Closed")).all()
    assert (cases.loc[closed, "Closed"] >= cases.loc[closed, "Created"]).all()
    assert cases["Closed"].max() < pd.Timestamp(LAST_DATE) + pd.Timedelta(days=1)
    assert 0 < (~closed).mean() < 0.2
    of_calls = cases[~cases["CaseId"].str.startswith("web")]  # the others came by the web form
    assert set(of_calls["CaseId"]) == set(sample.source["queue_cdr"]["CaseId"].dropna())


# ---- the redial rule, by an independent way -----------------------------------------------------


def _plain_number(written: str) -> str | None:
    digits = re.sub(r"\D", "", written)
    if written.startswith("00"):
        digits = digits[2:]
    elif written.startswith("0"):
        digits = "46" + digits[1:]
    return digits if len(digits) >= 7 else None


def _flag_redials(cdr: pd.DataFrame) -> pd.DataFrame:
    """Same caller of at least 7 digits, same queue, previous call abandoned, 0 < start - previous start <= 300 s."""
    counted = cdr[cdr["QueueId"].ne("test") & cdr["callerNr"].ne(MONITOR_NUMBER)]
    newest = counted.sort_values("Updated", kind="stable").drop_duplicates(["CallId", "LegNumber"], keep="last")
    newest = newest.sort_values(["CallId", "LegNumber"])
    calls = newest.drop_duplicates("CallId").set_index("CallId")[["QueueId", "callerNr", "Created"]]
    calls["last_status"] = newest.groupby("CallId")["Status"].last()
    calls["caller"] = calls["callerNr"].map(_plain_number)
    known = calls[calls["caller"].notna()].sort_values("Created", kind="stable")
    previous = known.groupby(["caller", "QueueId"])[["Created", "last_status"]].shift()
    gap = (known["Created"] - previous["Created"]).dt.total_seconds()
    flagged = previous["last_status"].eq("ABANDONED") & gap.gt(0) & gap.le(300)
    return calls.assign(is_redial=flagged.reindex(calls.index, fill_value=False))


def test_redial_rule_finds_what_is_in_its_reach(sample, truth):
    found = _flag_redials(sample.source["queue_cdr"])["is_redial"]
    kind = truth["redial_kind"].reindex(found.index)

    precision = (kind[found] != "none").mean()
    recall = found[kind == "in_reach"].mean()

    assert 0.99 <= precision < 1.0  # strangers behind a switchboard must be in it
    assert 0.99 <= recall <= 1.0
    assert found[kind.isin(["late", "withheld"])].mean() < 0.01


def test_strangers_behind_a_switchboard_are_what_fools_the_rule(sample, truth):
    found = _flag_redials(sample.source["queue_cdr"])["is_redial"]
    fooled = truth.reindex(found.index)[found & truth["redial_kind"].reindex(found.index).eq("none")]

    assert len(fooled) > 0
    assert fooled["behind_switchboard"].mean() > 0.9


def test_patient_callers_neither_abandon_nor_redial():
    calm = tuple(dataclasses.replace(queue, patience_seconds=1e9) for queue in ONE_MONTH.queues)
    data = simulate_contact_centre(dataclasses.replace(ONE_MONTH, queues=calm), last_date=LAST_DATE, seed=1)
    truth = data.truth["truth_calls"]

    # only who is still waiting when the last agent has gone may be left over
    assert (truth["outcome"] == "abandoned").mean() < 0.002
    assert set(truth["redial_kind"]) == {"none"}
