"""Requirements: targets together, concurrency, shrinkage, rounding, bad rows, and both ways of running."""

import numpy as np
import pandas as pd
import pytest

from wfm_pipeline.domain.staffing import in_bulk as running
from wfm_pipeline.domain.staffing.erlang import answer_time_quantile, erlang_a, erlang_b, erlang_c
from wfm_pipeline.domain.staffing.faults import NoTargetError, StaffingError
from wfm_pipeline.domain.staffing.pooling import pool_heads
from wfm_pipeline.domain.staffing.requirement import agents_required, heads

ROW = {"calls": 100.0, "interval_seconds": 1800.0, "aht_seconds": 180.0}


def need(**words):
    return agents_required(**{**ROW, **words})


def test_several_targets_need_the_most_that_one_of_them_needs():
    targets = {
        "service_level_target": 0.8,
        "asa_target_seconds": 5.0,
        "abandon_share_target": 0.005,
        "max_occupancy": 0.6,
    }

    alone = [need(**{name: value}, patience_seconds=300).agents_required_exact[0] for name, value in targets.items()]
    together = need(**targets, patience_seconds=300).agents_required_exact[0]

    assert max(alone) == pytest.approx(together, abs=1e-9)
    assert len({round(value, 3) for value in alone}) == 4


@pytest.mark.parametrize(
    ("target", "measure", "is_floor"),
    [
        pytest.param({"asa_target_seconds": 10.0}, "asa_seconds", False, id="asa"),
        pytest.param({"abandon_share_target": 0.02}, "abandon_share", False, id="abandonment"),
        pytest.param({"max_occupancy": 0.7}, "occupancy", False, id="occupancy"),
        pytest.param({"service_level_target": 0.8}, "service_level", True, id="service_level"),
    ],
)
def test_each_target_is_met_and_one_fewer_fails(target, measure, is_floor):
    got = need(**target, patience_seconds=300.0)
    agents = got.agents_required[0]
    fewer = erlang_a(10.0, agents - 1, aht_seconds=180, patience_seconds=300, answer_target_seconds=20)

    (limit,) = target.values()
    reached, missed = getattr(got, measure)[0], float(getattr(fewer, measure))
    assert (reached >= limit > missed) if is_floor else (reached <= limit < missed)


def test_an_occupancy_cap_alone_is_load_over_cap_without_abandonment():
    got = need(max_occupancy=0.6)

    assert 10.0 / 0.6 == pytest.approx(got.agents_required_exact[0])
    assert [17.0] == got.agents_required.tolist()


def test_no_calls_need_no_agents():
    got = need(calls=[0.0, 100.0], service_level_target=0.8, max_occupancy=0.8, shrinkage=0.3)

    assert [0.0, 14.0] == got.agents_required.tolist()
    assert 0.0 == got.agents_required_exact[0] == got.agents_scheduled[0] == got.occupancy[0] == got.asa_seconds[0]
    assert got.service_level[0] == 1.0  # nobody waits too long where nobody calls


def test_a_chat_agent_has_as_many_slots_as_chats():
    slots = need(service_level_target=0.8).agents_required_exact[0]  # 13.04 slots

    got = need(service_level_target=0.8, concurrency=3.0)

    assert slots / 3 == pytest.approx(got.agents_required_exact[0])
    assert [5.0] == got.agents_required.tolist()  # 13.04 / 3 = 4.35
    assert erlang_c(10.0, 15, aht_seconds=180, answer_target_seconds=20).service_level == got.service_level[0]


def test_shrinkage_comes_last_and_the_need_is_rounded_once():
    got = need(service_level_target=0.8, shrinkage=0.3)

    # 13.037 on the phones / 0.7 = 18.62; rounding 13.037 first would roster 20
    assert [14.0] == got.agents_required.tolist()
    assert [19.0] == got.agents_scheduled.tolist()


def test_heads_does_not_round_up_what_doubles_add():
    assert 21 / (1 - 0.3) > 30
    assert [30.0, 0.0, 1.0] == heads([21.0, 0.0, 1e-6], 0.3).tolist()


def test_a_pool_is_rounded_once_and_not_per_queue():
    # three queues of 1.2: 3.6 people; per queue it would be 6, after shrinkage 4.8 -> 5 and not 3 x 2 / 0.75 = 8
    pool = pool_heads(["a", "a", "a", "b"], [1.2, 1.2, 1.2, np.nan], shrinkage=0.25)

    assert 4.0 == pool["agents_required"][0]
    assert 5.0 == pool["agents_scheduled"][0]
    assert np.isnan(pool["agents_scheduled"][1])
    with pytest.raises(StaffingError, match="one shrinkage"):
        pool_heads(["a", "a"], [1.0, 1.0], shrinkage=[0.1, 0.2])


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        pytest.param({"calls": -1.0}, "calls must be 0 or more, got -1", id="negative_calls"),
        pytest.param({"calls": np.nan}, "calls is missing", id="no_calls"),
        pytest.param({"calls": np.inf}, "calls must be 0 or more, got inf", id="endless_calls"),
        pytest.param(
            {"aht_seconds": 180 * 60.0}, "(180 minutes); if 180 seconds are meant, write 180", id="minutes_times_60"
        ),
        pytest.param({"aht_seconds": 3.0}, "if these are minutes, write 180", id="aht_in_minutes"),
        pytest.param({"aht_seconds": 0.05}, "if hours, 180", id="aht_in_hours"),
        pytest.param({"interval_seconds": 30.0}, "if these are minutes, write 1800", id="interval_in_minutes"),
        pytest.param({"interval_seconds": 0.0}, "interval_seconds must be 60 s to 7 days, got 0", id="no_interval"),
        pytest.param({"service_level_target": 80.0}, "write 80 % as 0.8", id="percent"),
        pytest.param({"service_level_target": 1.0}, "must be 0.0001 to 0.9999, got 1", id="certainty"),
        pytest.param({"service_level_target": 0.0}, "must be 0.0001 to 0.9999, got 0", id="nothing"),
        pytest.param({"shrinkage": 30.0}, "write 30 % as 0.3", id="shrinkage_percent"),
        pytest.param({"shrinkage": 1.0}, "shrinkage must be 0 to 0.99, got 1", id="all_shrinks"),
        pytest.param({"max_occupancy": 0.0}, "max_occupancy must be 0.05 to 1", id="no_occupancy"),
        pytest.param({"patience_seconds": 0.0}, "patience_seconds must be 0.1 s to 1e+09 s", id="no_patience"),
        pytest.param({"answer_target_seconds": -1.0}, "answer_target_seconds must be 0 s", id="negative_target"),
        pytest.param({"concurrency": 0.5}, "concurrency must be 1 to 100", id="half_a_chat"),
        pytest.param({"calls": 1e9}, "more than 1e+06", id="absurd_load"),
    ],
)
def test_a_bad_row_has_a_reason_and_the_others_go_on(words, reason):
    (name, value), otherwise = next(iter(words.items())), {**ROW, "answer_target_seconds": 20.0, "shrinkage": 0.0,
        "service_level_target": 0.8, "concurrency": 1.0, "max_occupancy": np.nan, "patience_seconds": np.nan}  # fmt: skip

    got = agents_required(**{**otherwise, name: [otherwise[name], value, otherwise[name]]}).frame()

    assert reason in got["reason"][1]
    assert got.drop(columns="reason").iloc[1].isna().all()
    assert [14.0, 14.0] == got["agents_required"].iloc[[0, 2]].tolist()
    assert ["", ""] == got["reason"].iloc[[0, 2]].tolist()


def test_agents_without_any_target_cannot_be_asked_for():
    with pytest.raises(NoTargetError, match="at least one of"):
        need()
    assert "no target" in need(service_level_target=[0.8, np.nan]).reason[1]


def test_an_empty_batch_gives_an_empty_answer():
    assert 0 == len(agents_required([], 1800.0, 180.0, service_level_target=0.8).frame())


@pytest.mark.parametrize("patience", [np.nan, 300.0], ids=["erlang_c", "erlang_a"])
def test_the_compiled_and_the_plain_way_give_the_same_to_the_last_bit(monkeypatch, patience):
    rng = np.random.default_rng(5)
    load = np.exp(rng.uniform(np.log(1e-6), np.log(500), 400))
    words = {"calls": load * 10, "interval_seconds": 1800.0, "aht_seconds": 180.0, "service_level_target": 0.8,
             "patience_seconds": patience, "max_occupancy": np.where(rng.random(400) < 0.3, 0.85, np.nan)}  # fmt: skip
    assert running.can_compile()

    plain = agents_required(**words).frame()
    monkeypatch.setattr(running, "COMPILED_FROM", 0)
    monkeypatch.setattr(running, "_THREAD_ROWS", 100)
    compiled = agents_required(**words, threads=2).frame()

    pd.testing.assert_frame_equal(plain, compiled, check_exact=True)


def test_without_numba_a_large_batch_is_run_plainly(monkeypatch):
    monkeypatch.setattr(running, "can_compile", lambda: False)
    monkeypatch.setattr(running, "compiled", lambda *_words, **_named: pytest.fail("compiled without numba"))

    got = agents_required(np.full(running.COMPILED_FROM + 1, 100.0), 1800, 180, service_level_target=0.8)

    assert {14.0} == set(got.agents_required)


def test_a_queue_with_fewer_agents_than_work_grows_for_ever_unless_callers_leave():
    endless = erlang_c(10.0, [9.0, 10.0], aht_seconds=180, answer_target_seconds=20)
    leaving = erlang_a(10.0, 9.0, aht_seconds=180, answer_target_seconds=20, patience_seconds=300)

    assert [0.0, 0.0] == endless.service_level.tolist()
    assert np.isinf(endless.asa_seconds).all()
    assert [1.0, 1.0] == endless.occupancy.tolist()
    assert 0 < leaving.service_level < 1


def test_nobody_on_the_phones_means_nobody_is_answered():
    got = erlang_a(10.0, 0, aht_seconds=180, answer_target_seconds=20, patience_seconds=300)

    assert (0.0, 1.0, 300.0) == (float(got.service_level), float(got.abandon_share), float(got.mean_wait_seconds))


def test_far_too_many_agents_are_no_arithmetic_trouble():
    got = erlang_a(1e-6, 200, aht_seconds=180, answer_target_seconds=20, patience_seconds=[300.0, np.inf])

    assert [1.0, 1.0] == got.service_level.tolist()
    assert [0.0, 0.0] == got.wait_probability.tolist()
    assert 0.0 == erlang_b(1e-6, 200)


def test_the_answer_time_quantile_reads_the_service_level_backwards():
    words = {"aht_seconds": 180.0, "patience_seconds": np.array([np.inf, 300.0])}

    seconds = answer_time_quantile(0.9, 10.0, 13.0, **words)

    again = erlang_a(10.0, 13.0, answer_target_seconds=seconds, **words).service_level
    assert [0.9, 0.9] == pytest.approx(again.tolist(), rel=1e-12)
    assert 0.0 == answer_time_quantile(0.5, 10.0, 13.0, aht_seconds=180)  # 71 % do not wait
    assert np.isinf(answer_time_quantile(0.9, 10.0, 8.0, aht_seconds=180, patience_seconds=300))  # 23 % leave


@pytest.mark.parametrize(
    "call",
    [
        pytest.param(lambda: erlang_b(-1.0, 2), id="negative_load"),
        pytest.param(lambda: erlang_c(np.nan, 2, aht_seconds=180), id="unknown_load"),
        pytest.param(lambda: erlang_c(1.0, 2, aht_seconds=0), id="no_handle_time"),
        pytest.param(lambda: erlang_a(1.0, 2, aht_seconds=180, patience_seconds=0), id="no_patience"),
        pytest.param(lambda: answer_time_quantile(1.0, 1.0, 2, aht_seconds=180), id="certainty"),
    ],
)
def test_measures_refuse_values_that_are_no_queue(call):
    with pytest.raises(StaffingError):
        call()
