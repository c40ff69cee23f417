"""Many looks at once: things that hang on another are swallowed while that one is wrong, so that one outage is one alert.

Pure. A look that is wrong at a thing whose parent, or the parent's parent, is pending or open is not told and lets no timer
run; it is counted to that parent. Looks that are well are taken as always: what was open before closes. Not here: what a
single look does (weighing).
"""

import dataclasses
import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from wfm_pipeline.monitoring.alerts.incidents import Event, Sighting
from wfm_pipeline.monitoring.alerts.rules import Rules
from wfm_pipeline.monitoring.alerts.weighing import Known, weigh, without_timer
from wfm_pipeline.warehouse.ops.incidents import Incident

_UNKNOWN = Known()


@dataclass(frozen=True, slots=True)
class Weighed:
    """What came of many looks.

    Attributes:
        changed: Key -> what is known now, where it is other than before.
        told: What has to be told, in order.
    """

    changed: Mapping[str, Known]
    told: tuple[tuple[Incident, Event], ...]


def keys_of(sightings: Iterable[Sighting]) -> set[str]:
    """Keys of all that has to be known to weigh these: the things and what they hang on."""
    return {key for seen in sightings for key in (seen.key, seen.parent) if key}


def weigh_all(known: Mapping[str, Known], sightings: Iterable[Sighting], rules: Rules, *, now: dt.datetime) -> Weighed:
    """What is known after many looks, and what has to be told; parents before what hangs on them, else in the order given.

    Args:
        known: Key -> what was known, for `keys_of` the looks; one that is not there was never wrong.
        sightings: The looks.
        rules: The rules.
        now: When it is told, naive UTC.
    """
    looks = list(sightings)
    parents = {seen.key: seen.parent for seen in looks if seen.parent}
    after, told = dict(known), list[tuple[str, Incident, Event]]()
    swallowed = defaultdict[str, set[str]](set)
    for seen in sorted(looks, key=lambda seen: len(list(_above(seen.key, parents)))):
        before = after.get(seen.key, _UNKNOWN)
        wrong_one = next((key for key in _above(seen.key, parents) if _is_wrong(after.get(key))), None)
        if wrong_one and seen.look != "well":
            swallowed[wrong_one].add(seen.key)
            after[seen.key] = without_timer(before, at=seen.at)
            continue
        after[seen.key], event = weigh(before, seen, rules, now=now)
        if event and (incident := after[seen.key].incident):
            told.append((seen.key, incident, event))
    for key, children in swallowed.items():
        after[key] = Known(_counted(after[key].incident, len(children)), after[key].timer)
    return Weighed(
        {key: state for key, state in after.items() if state != known.get(key, _UNKNOWN)},
        tuple((_counted(incident, len(swallowed[key])) or incident, event) for key, incident, event in told),
    )


def _above(key: str, parents: Mapping[str, str]) -> Iterator[str]:
    """What a thing hangs on, the nearest first; a circle is gone round once."""
    met = {key}
    while (above := parents.get(key)) and above not in met:
        yield above
        met.add(above)
        key = above


def _is_wrong(known: Known | None) -> bool:
    return known is not None and (known.is_open or known.is_pending)


def _counted(incident: Incident | None, children: int) -> Incident | None:
    """The most that it swallowed at once."""
    if incident is None or not incident.is_open or children <= incident.children:
        return incident
    return dataclasses.replace(incident, children=children)
