"""One week's problem: who is on the roster, what has to be done, and with which hours.

Here: resources, demands, capacity tiers and the validated, frozen instance made of them. Everything
below trusts it. Not here: reading tables (frames) or deciding who may do what (gate).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final, Literal, TypeVar

from wfm_pipeline.domain.allocation.faults import (
    DuplicateError,
    EmptyRosterError,
    InvalidPairError,
    InvalidValueError,
    MissingHandleTimeError,
    NoDemandError,
    UnknownValueError,
)
from wfm_pipeline.domain.allocation.pairs import NO_PAIRS, Pair, PersonPairs, pairs_by_person
from wfm_pipeline.domain.allocation.tables.locality import LOCALITY_NAMES, locality_name
from wfm_pipeline.domain.allocation.week.person_hours import PersonWindow, days_by_windows
from wfm_pipeline.domain.allocation.week.week_hours import WeekHours
from wfm_pipeline.domain.allocation.week.weeks import IsoWeek
from wfm_pipeline.errors import MOST_NAMED
from wfm_pipeline.units import SECONDS_PER_HOUR

ANY_STATE: Final = "N/A"
MOST_CASES: Final = 1e12
"""Cases of a week above this are a slip of the pen [cases]."""
MOST_HANDLE_SECONDS: Final = 1e7
"""A case that takes longer (116 days) is one too [s]."""
_LONGEST_NUMBER: Final = 100
"""Digits of an id that is ordered by its value."""
Weight = Literal["volume", "workload"]
Key = tuple[int, int, str]
Row = TypeVar("Row")


def id_order(identifier: str | int) -> Key:
    """Order of ids: whole numbers by value, before all other texts, which go by their characters.

    Args:
        identifier: A person's cn or a demand's id.

    Returns:
        A key to sort by; of two ids the smaller comes first wherever a tie has to be broken.

    Example:
        >>> sorted(["10", "9", "a1"], key=id_order)
        ['9', '10', 'a1']
    """
    text = str(identifier)
    is_number = text.isascii() and text.isdigit() and len(text) <= _LONGEST_NUMBER
    return (0, int(text), text) if is_number else (1, 0, text)


@dataclass(frozen=True, slots=True)
class Resource:
    """A person on the roster.

    Attributes:
        cn: Number of the person; personal data.
        platform: The one platform the person works on.
        locality: Domestic (Onshore) or Global (Offshore).
        skills: Case types the person can do.
        states: States the person may serve; `N/A` stands for any.
        available_from, available_until: First and last date of availability; None is open-ended.
        is_active: False keeps the person out.
        capacity_tier_id: Tier of productivity; None is productivity 1.
    """

    cn: str
    platform: str
    locality: str
    skills: frozenset[str]
    states: frozenset[str]
    available_from: date | None = None
    available_until: date | None = None
    is_active: bool = True
    capacity_tier_id: str | None = None


@dataclass(frozen=True, slots=True)
class Demand:
    """Work of one kind in the week.

    Attributes:
        demand_id: Its id.
        platform, locality, case_type, state: What a person must match; state `N/A` needs a person who lists `N/A`.
        weekly_forecast: Cases expected in the week, >= 0.
        handle_seconds: Mean handle time of a case [s], > 0; None where unknown.
        demand_from: Where the cases come from, `DEMAND_FROM_WORDS` joined by `+`; None where nobody says.
        main_lob: Main line of business, for the reader; what follows from it is in the locality. None where nobody says.
    """

    demand_id: str | int
    platform: str
    locality: str
    case_type: str
    state: str
    weekly_forecast: float
    handle_seconds: float | None = None
    demand_from: str | None = None
    main_lob: str | None = field(default=None, compare=False)

    @property
    def workload_hours(self) -> float | None:
        """Cases times handle time [h]; no cases are no work, whatever a case takes."""
        if self.handle_seconds is None:
            return None if self.weekly_forecast else 0.0
        return self.weekly_forecast * self.handle_seconds / SECONDS_PER_HOUR


@dataclass(frozen=True, slots=True)
class CapacityTier:
    """How productive people of a tier are: 0..1 of a full capacity."""

    tier_id: str
    name: str
    productivity: float

    def __post_init__(self) -> None:
        """Refuse a productivity outside 0..1."""
        if not 0 <= self.productivity <= 1:
            raise InvalidValueError(
                f"productivity must be 0..1, got {self.productivity} (tier {self.tier_id!r}); write 80 % as 0.8",
                got=self.productivity,
            )


@dataclass(frozen=True)
class Problem:
    """A validated week.

    Attributes:
        week_hours: The week and its settings per locality.
        resources: In order of cn.
        demands: In order of demand id.
        tiers: Tier id -> tier.
        weight: What ideal shares are proportional to.
        days_present: Working days each resource is there [days]; 0 = not available this week.
        notices: What the user should know though it is no fault.
        pairs: cn -> demands that planners have pinned or forbidden to that person this week.
        full_week: Only people who are there on every working day of the week count.
        with_windows: People whose days come from windows of their own.
    """

    week_hours: WeekHours
    resources: tuple[Resource, ...]
    demands: tuple[Demand, ...]
    tiers: Mapping[str, CapacityTier]
    weight: Weight
    days_present: tuple[float, ...]
    notices: tuple[str, ...] = field(default=())
    pairs: Mapping[str, PersonPairs] = field(default_factory=dict)
    full_week: bool = False
    with_windows: frozenset[str] = frozenset()

    @classmethod
    def build(
        cls,
        week_hours: WeekHours,
        resources: Iterable[Resource],
        demands: Iterable[Demand],
        *,
        tiers: Iterable[CapacityTier] = (),
        weight: Weight | None = None,
        full_week: bool = False,
        pairs: Iterable[Pair] = (),
        windows: Iterable[PersonWindow] = (),
    ) -> "Problem":
        """Validate and put in order.

        Args:
            week_hours: The week.
            resources: The roster, in any order.
            demands: The week's work, in any order.
            tiers: Capacity tiers that resources name.
            weight: `volume` or `workload`; None takes workload where every handle time is known.
            full_week: Count only people who are there on every working day of the week.
            pairs: Pinned and forbidden pairs, of any weeks.
            windows: When single people work and are on leave, of any weeks.

        Returns:
            The week, its rows in order of id; all that follows trusts it.

        Raises:
            EmptyRosterError, NoDemandError: nothing to allocate, or nothing to allocate to.
            DuplicateError: a cn, demand or tier occurs twice.
            UnknownValueError: a locality or tier nobody defined.
            InvalidValueError: a value out of range.
            MissingHandleTimeError: workload asked for without handle times.
            InvalidPairError: pairs contradict each other, or pin somebody or something that is not there.
        """
        tier_index = {tier.tier_id: tier for tier in _unique(tiers, lambda tier: tier.tier_id, "tier_id")}
        people = _unique(resources, lambda person: person.cn, "cn")
        work = _unique(demands, lambda demand: str(demand.demand_id), "demand_id")
        if not people:
            raise EmptyRosterError("the roster is empty: at least one resource is needed")
        if not work:
            raise NoDemandError("there is no demand: at least one is needed")
        for demand in work:
            _check_demand(demand)
        for person in people:
            _check_resource(person, tier_index)
        chosen, notices = _choose_weight(work, weight)
        people.sort(key=lambda person: id_order(person.cn))
        work.sort(key=lambda demand: id_order(demand.demand_id))
        own = _windows_by_person(windows, week_hours.week)
        present = _presence(week_hours, people, own, full_week=full_week)
        notices += _stated_results(week_hours, people, work, present)
        decided = pairs_by_person(pairs, week_hours.week)
        notices += _pair_notices(decided, people, work, present, week_hours)
        strange = sorted(own.keys() - {person.cn for person in people})
        notices += [f"windows of people who are not on the roster: {_some(strange)}"] if strange else []
        return cls(
            week_hours,
            tuple(people),
            tuple(work),
            tier_index,
            chosen,
            tuple(present),
            tuple(notices),
            decided,
            full_week,
            frozenset(own),
        )

    def pairs_of(self, resource: Resource) -> PersonPairs:
        """What planners have decided about a person.

        Args:
            resource: A person of this week.

        Returns:
            The person's pairs; none for most.
        """
        return self.pairs.get(resource.cn, NO_PAIRS)

    def productivity(self, resource: Resource) -> float:
        """How productive a person is.

        Args:
            resource: A person of this week.

        Returns:
            Share of a full capacity [0..1]: the tier's, or 1 without a tier.
        """
        return 1.0 if resource.capacity_tier_id is None else self.tiers[resource.capacity_tier_id].productivity

    def capacity_hours(self, position: int) -> float:
        """Hours a person can handle this week.

        Args:
            position: Position of the resource in `resources`.

        Returns:
            Capacity [h], 0 where the person is not there.
        """
        resource = self.resources[position]
        settings = self.week_hours.locality(locality_name(resource.locality, where=f"resource {resource.cn!r}"))
        return settings.capacity_hours(self.days_present[position], self.productivity(resource))

    @property
    def weights(self) -> list[float]:
        """What each demand's ideal share is proportional to [cases or h]."""
        if self.weight == "volume":
            return [float(demand.weekly_forecast) for demand in self.demands]
        return [demand.weekly_forecast * (demand.handle_seconds or 0.0) for demand in self.demands]


def _pair_notices(
    pairs: Mapping[str, PersonPairs],
    people: Sequence[Resource],
    demands: Sequence[Demand],
    present: Sequence[float],
    week_hours: WeekHours,
) -> list[str]:
    """Pairs that decide nothing this week.

    Raises:
        InvalidPairError: somebody is pinned who is not on the roster, or to a demand that the week does not have.
    """
    days = {one.cn: there for one, there in zip(people, present, strict=True)} if pairs else {}
    known = {str(one.demand_id) for one in demands} if pairs else set()
    notices = []
    for cn, decided in pairs.items():
        if decided.pinned is not None and not (cn in days and decided.pinned in known):
            what = (
                f"{cn} is not on the roster" if cn not in days else f"{week_hours.week} has no demand {decided.pinned}"
            )
            raise InvalidPairError(
                f"the pair of {cn} and demand {decided.pinned} is pinned, and {what}; correct it in allocation_pairs, or "
                "end it with until_week",
                got=cn,
            )
        unknown = [name for name in sorted(decided.forbidden) if cn not in days or name not in known]
        if unknown:
            notices.append(f"forbidden pairs of {cn} that decide nothing in {week_hours.week}: {_some(unknown)}")
        if decided.pinned is not None and not days[cn]:
            notices.append(f"{cn} is pinned to demand {decided.pinned}, and is not available in {week_hours.week}")
    return notices


def _unique(rows: Iterable[Row], name: "object", what: str) -> list[Row]:
    assert callable(name)
    kept: dict[str, Row] = {}
    for row in rows:
        key = name(row)
        if key in kept:
            raise DuplicateError(f"{what} must be unique, got {key!r} twice; keep one row of each", got=key)
        kept[key] = row
    return list(kept.values())


def _check_demand(demand: Demand) -> None:
    where = f"demand {demand.demand_id!r}"
    locality_name(demand.locality, where=where)
    for name in ("platform", "case_type", "state"):
        _check_text(getattr(demand, name), name, where)
    if not 0 <= demand.weekly_forecast <= MOST_CASES:
        raise InvalidValueError(
            f"weekly_forecast must be a number >= 0 (and at most {MOST_CASES:g}), got {demand.weekly_forecast} ({where})",
            got=demand.weekly_forecast,
        )
    seconds = demand.handle_seconds
    if seconds is not None and not 0 < seconds <= MOST_HANDLE_SECONDS:
        raise InvalidValueError(
            f"handle_seconds must be above 0 (and at most {MOST_HANDLE_SECONDS:g}) or empty, got {seconds} ({where})",
            got=seconds,
        )


def _check_resource(person: Resource, tiers: Mapping[str, CapacityTier]) -> None:
    texts = (person.cn, person.platform)
    if person.locality.lower() not in LOCALITY_NAMES or not all(text and text.isprintable() for text in texts):
        where = f"resource {person.cn!r}"
        locality_name(person.locality, where=where)
        _check_text(person.cn, "cn", where)
        _check_text(person.platform, "platform", where)
    start, end = person.available_from, person.available_until
    if start is not None and end is not None and end < start:
        raise InvalidValueError(
            f"available_until {end} lies before available_from {start} (resource {person.cn!r}); swap or correct them",
            got=person.cn,
        )
    if person.capacity_tier_id is not None and person.capacity_tier_id not in tiers:
        raise UnknownValueError(
            f"capacity tier {person.capacity_tier_id!r} of resource {person.cn!r} is not defined; known: {sorted(tiers)}",
            got=person.capacity_tier_id,
        )


def _check_text(text: str, name: str, where: str) -> None:
    if not text.strip() or not text.isprintable():
        raise InvalidValueError(f"{name} must be printable text, got {text!r} ({where})", got=text, where=where)


def _choose_weight(demands: Sequence[Demand], weight: Weight | None) -> tuple[Weight, list[str]]:
    unknown = [demand.demand_id for demand in demands if demand.workload_hours is None]
    if weight not in {None, "volume", "workload"}:
        raise InvalidValueError(f"weight must be volume or workload, got {weight!r}", got=weight)
    if weight == "workload" and unknown:
        raise MissingHandleTimeError(
            f"weight workload needs handle_seconds of every demand; missing for {_some(unknown)}; "
            "give them or use weight volume",
            got=unknown,
        )
    if weight is None and unknown and len(unknown) < len(demands):
        words = f"handle_seconds missing for {len(unknown)} of {len(demands)} demands ({_some(unknown)}): shares go by volume"
        return "volume", [words]
    return weight or ("volume" if unknown else "workload"), []


def _windows_by_person(windows: Iterable[PersonWindow], week: IsoWeek) -> dict[str, list[PersonWindow]]:
    """Windows that touch a week, by person."""
    found: dict[str, list[PersonWindow]] = {}
    for window in windows:
        if any(window.is_valid(date) for date in week.dates):
            found.setdefault(window.cn, []).append(window)
    return found


def _presence(
    week_hours: WeekHours, people: Sequence[Resource], windows: Mapping[str, Sequence[PersonWindow]], *, full_week: bool
) -> list[float]:
    known: dict[tuple[str, date | None, date | None], float] = {}
    present = []
    for person in people:
        if not person.is_active:
            present.append(0.0)
            continue
        if person.cn in windows:
            settings = week_hours.locality(LOCALITY_NAMES[person.locality.strip().lower()])
            bounds = person.available_from, person.available_until
            present.append(days_by_windows(windows[person.cn], settings, *bounds, full_week=full_week))
            continue
        key = (person.locality, person.available_from, person.available_until)
        if key not in known:
            settings = week_hours.locality(LOCALITY_NAMES[person.locality.strip().lower()])
            days = settings.days_present(person.available_from, person.available_until)
            known[key] = 0.0 if full_week and days < settings.working_days else days
        present.append(known[key])
    return present


def _stated_results(
    week_hours: WeekHours, people: Sequence[Resource], demands: Sequence[Demand], present: Sequence[float]
) -> list[str]:
    notices = []
    for name, settings in week_hours.localities.items():
        if settings.working_days == 0:
            notices.append(f"{week_hours.week} has no working day in {name}: nobody there is available")
    if not any(present):
        notices.append(f"nobody on the roster is available in {week_hours.week}")
    staffed = {LOCALITY_NAMES[one.locality.strip().lower()] for one, days in zip(people, present, strict=True) if days}
    wanted = {LOCALITY_NAMES[one.locality.strip().lower()] for one in demands if one.weekly_forecast}
    notices += [
        f"there is work in {place}, and nobody of {place} is available in {week_hours.week}: its ideal shares are 0"
        for place in sorted(wanted - staffed)
    ]
    idle = sorted({LOCALITY_NAMES[one.locality.strip().lower()] for one in demands} - wanted)
    if idle:
        where = "" if not wanted else f" of {', '.join(idle)}"
        notices.append(
            f"all forecasts{where} are 0: ideal shares are 0, no weight decides, and people are spread evenly over what they can do"
        )
    notices += _one_sided("platform", {person.platform for person in people}, {demand.platform for demand in demands})
    states = frozenset[str]().union(*{person.states for person in people})
    if ANY_STATE not in states:
        notices += _one_sided("state", states, {demand.state for demand in demands})
    return notices


def _one_sided(what: str, of_people: Iterable[str], of_demands: Iterable[str]) -> list[str]:
    on_roster, wanted = set(of_people), set(of_demands)
    found = [
        (sorted(wanted - on_roster), f"{what} of demands that no resource lists"),
        (sorted(on_roster - wanted), f"{what} of resources that no demand names"),
    ]
    return [f"{words}: {_some(names)}" for names, words in found if names]


def _some(names: Sequence[object], limit: int = MOST_NAMED) -> str:
    shown = ", ".join(str(name) for name in names[:limit])
    return shown if len(names) <= limit else f"{shown} and {len(names) - limit} more"
