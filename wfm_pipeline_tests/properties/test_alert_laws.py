"""Laws of alerts, against a model that keeps every look and works out anew what must be known: whatever comes, in whatever order."""

import datetime as dt
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from wfm_pipeline.monitoring.alerts.grouping import keys_of, weigh_all
from wfm_pipeline.monitoring.alerts.incidents import Sighting, alert_id
from wfm_pipeline.monitoring.alerts.kinds import COVERAGE_GAP, SEVERITIES
from wfm_pipeline.monitoring.alerts.rules import Rules
from wfm_pipeline.monitoring.alerts.weighing import Known
from wfm_pipeline.warehouse.ops.incidents import incidents_of, keep
from wfm_pipeline.warehouse.ops.opening import open_ops
from wfm_pipeline.warehouse.ops.pending import keep_pending, pending_of

NOON = dt.datetime(2026, 3, 2, 12)
KEYS = ("billing", "sales")
LOOKS = ("wrong", "between", "well")
WAITS = st.sampled_from((0, 1, 30, 60))


def model_events(history, pending, clear):
    """(second, event) of a thing by its looks alone: state and the instant since when the other state is seen."""
    state, since, told, last = "well", None, [], None
    for second, look in history:
        if last is not None and second <= last:
            continue
        other = "wrong" if state == "well" else "well"
        if state == "well" and since is None and look != "wrong":
            continue  # nothing to know: such a look is not written down
        last = second
        if look == ("well" if state == "well" else "wrong"):
            since = None
        elif look == other:
            since = second if since is None else since
            if second - since >= (pending if state == "well" else clear):
                state, since = ("open" if state == "well" else "well"), None
                told.append((second, "opened" if state == "open" else "closed"))
    return told


class AlertsAreTold(RuleBasedStateMachine):
    """Two things are looked at by processes that may end at any point; what is known is only what was kept."""

    def __init__(self):
        super().__init__()
        self.kept = {}
        self.history = {key: [] for key in KEYS}
        self.told = {key: [] for key in KEYS}
        self.ids = []
        self.second = 0

    @initialize(pending=WAITS, clear=WAITS)
    def rules(self, pending, clear):
        self.pending, self.clear = pending, clear
        self.chosen = Rules(pending_seconds={"coverage_gap": pending}, clear_seconds={"coverage_gap": clear})

    @rule(
        looks=st.lists(
            st.tuples(st.sampled_from(KEYS), st.sampled_from(LOOKS), st.integers(-40, 40), st.sampled_from(SEVERITIES)),
            min_size=1,
            max_size=4,
        ),
        is_killed=st.booleans(),
    )
    def look(self, looks, is_killed):
        """Looks, later or earlier than the last; a process that is killed before its commit has seen nothing."""
        start = self.second
        seen = [(key, look, max(0, start + step), severity) for key, look, step, severity in looks]
        self.second = max(start, *(second for _, _, second, _ in seen))
        sightings = [
            Sighting(
                key, COVERAGE_GAP, look == "wrong", NOON + dt.timedelta(seconds=second), key,
                severity=severity, is_between=look == "between",
            )
            for key, look, second, severity in seen
        ]  # fmt: skip
        told = self._taken(sightings, is_killed=is_killed)
        if is_killed:
            told = self._taken(sightings, is_killed=False)
        for key, look, second, _ in seen:
            self.history[key].append((second, look))
        for incident, event in told:
            self.told[incident.key].append((int((incident.seen_at - NOON).total_seconds()), event))
            self.ids.append(alert_id(incident, event))

    def _taken(self, sightings, *, is_killed):
        """One process: reads, decides, and keeps all of it or nothing."""
        known = {key: self.kept.get(key, Known()) for key in keys_of(sightings)}
        weighed = self._weigh(known, sightings)
        if is_killed:
            return []
        self.kept.update(weighed.changed)
        return weighed.told

    def _weigh(self, known, sightings):
        return weigh_all(known, sightings, self.chosen, now=NOON + dt.timedelta(seconds=self.second))

    def _opened_and_closed(self, key):
        return [(second, event) for second, event in self.told[key] if event in {"opened", "closed"}]

    @invariant()
    def what_is_told_is_what_the_looks_say(self):
        for key in KEYS:
            expected = model_events(self.history[key], self.pending, self.clear) if self.history[key] else []
            assert expected == self._opened_and_closed(key)

    @invariant()
    def an_opening_and_an_end_take_turns(self):
        for key in KEYS:
            events = [event for _, event in self._opened_and_closed(key)]
            assert events == ["opened", "closed"] * (len(events) // 2) + ["opened"] * (len(events) % 2)

    @invariant()
    def a_severity_is_told_only_while_it_is_open(self):
        for key in KEYS:
            is_open = False
            for _, event in self.told[key]:
                is_open = event != "closed" if event != "changed" else is_open
                assert is_open or event == "closed"

    @invariant()
    def flapping_is_bounded_by_the_two_times(self):
        for key in KEYS:
            opened = [second for second, event in self.told[key] if event == "opened"]
            for first, second in pairwise(opened):
                assert second - first >= self.pending + self.clear

    @invariant()
    def no_two_alerts_have_one_id(self):
        assert len(self.ids) == len(set(self.ids))


class AlertsAreKept(AlertsAreTold):
    """The same, through the rows of a store that every process opens anew."""

    def __init__(self):
        super().__init__()
        self._folder = TemporaryDirectory()

    def teardown(self):
        self._folder.cleanup()

    def _taken(self, sightings, *, is_killed):
        with open_ops("duckdb:///w.duckdb", Path(self._folder.name)) as store, suppress(KeyboardInterrupt):
            with store.writing() as ops:
                keys = keys_of(sightings)
                incidents, timers = incidents_of(ops, keys), pending_of(ops, keys)
                weighed = self._weigh({key: Known(incidents.get(key), timers.get(key)) for key in keys}, sightings)
                for state in weighed.changed.values():
                    if state.incident:
                        keep(ops, state.incident)
                    if state.timer:
                        keep_pending(ops, state.timer)
                if is_killed:
                    raise KeyboardInterrupt
            return weighed.told
        return []


TestAlertsAreTold = AlertsAreTold.TestCase
TestAlertsAreTold.settings = settings(max_examples=200, stateful_step_count=30)
TestAlertsAreKept = AlertsAreKept.TestCase
TestAlertsAreKept.settings = settings(max_examples=15, stateful_step_count=20)
