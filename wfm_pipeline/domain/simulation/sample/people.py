"""Who calls whom: client companies with landing numbers, persons with phones, and how numbers are written.

Subscriber numbers begin with 74, the Swedish paging range, so that none is anybody's phone.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from wfm_pipeline.domain.simulation.sample.spec import ContactCentreSpec

UNLISTED_LANDING_NUMBER = "+46749999999"
_FIRST_PHONE, _SECOND_PHONE, _SWITCHBOARD = 741_000_000, 742_000_000, 743_000_000
_FOREIGN_PHONE: Final = 4_790_000_000
"""First numbers of each kind; +47 90 00 00 00 is a Norwegian one."""
_MIX_CONCENTRATION, _LEAST_MIX = 0.8, 0.02
"""How evenly companies call the queues (Dirichlet), and what each calls every queue at the least."""
_TALKERS: Final = (0.6, 1.0, 1.7)
_TALK_SPREAD: Final = 0.08
"""Talk time of a short, a usual and a long talker against the mean, and its spread between companies [log]."""
_MOST_LANDINGS: Final = 4
"""Landing numbers of a company at most [count]."""
_PARENT_SHARE: Final = 0.35
"""Share of the companies that have a parent [0..1]."""
_COLLEAGUE_PAUSE_SECONDS: Final = 20
"""Shortest time until a colleague calls about the same thing [s]."""
_STYLES: Final = 5
"""Ways in which an exchange writes a number [count]."""
_WITHHELD = ("anonymous", "", "Withheld", "4711")


@dataclass(frozen=True, slots=True)
class Companies:
    """Client companies and their landing numbers.

    Attributes:
        table: The source's `customers`: one row per landing number.
        shares: Share of each queue's calls per company, shape (n_queues, n_customers).
        talk_factors: Talk time against the queue's mean, shape (n_customers,).
        first_landing: Row of a company's first landing number in `table`, shape (n_customers,).
        landings: Landing numbers per company, shape (n_customers,).
    """

    table: pd.DataFrame
    shares: np.ndarray
    talk_factors: np.ndarray
    first_landing: np.ndarray
    landings: np.ndarray


def make_companies(spec: ContactCentreSpec, rng: np.random.Generator) -> Companies:
    """Client companies of Zipf-like sizes; a third talk long, a third short; some have a parent.

    Args:
        spec: The centre.
        rng: Source of chance.

    Returns:
        The companies.
    """
    number = np.arange(spec.customers)
    size = 1 / (number + 2.0)
    mix = rng.dirichlet(np.full(len(spec.queues), _MIX_CONCENTRATION), spec.customers).T + _LEAST_MIX
    weights = mix * size
    talk = np.array(_TALKERS)[rng.integers(0, len(_TALKERS), spec.customers)]
    talk = talk * np.exp(rng.normal(0, _TALK_SPREAD, spec.customers))
    landings = rng.integers(1, _MOST_LANDINGS + 1, spec.customers)
    company = np.repeat(number, landings)
    has_parent = rng.random(spec.customers) < _PARENT_SHARE
    parent = np.where(has_parent, rng.integers(0, spec.parents, spec.customers), -1)
    table = pd.DataFrame(
        {
            "CustomerId": [f"cust{c + 1:03d}" for c in company],
            "Name": [f"Simulated customer {c + 1}" for c in company],
            "ParentCustomerId": [f"group{p + 1:02d}" if p >= 0 else None for p in parent[company]],
            "LandingNumber": [f"+46749{row + 1:06d}" for row in range(len(company))],
        }
    )
    return Companies(
        table=table,
        shares=weights / weights.sum(axis=1, keepdims=True),
        talk_factors=talk,
        first_landing=np.concatenate([[0], np.cumsum(landings)[:-1]]),
        landings=landings,
    )


@dataclass(frozen=True, slots=True)
class Persons:
    """People and their phones; position = person.

    Attributes:
        switchboard: Number of the switchboard, or -1.
        is_withheld: Never shows a number.
        is_foreign: First phone is a foreign one.
    """

    switchboard: np.ndarray
    is_withheld: np.ndarray
    is_foreign: np.ndarray


def make_persons(spec: ContactCentreSpec, rng: np.random.Generator) -> Persons:
    """Persons with their habits of showing a number.

    Args:
        spec: The centre.
        rng: Source of chance.

    Returns:
        The persons.
    """
    behavior = spec.behavior
    behind = rng.random(spec.persons) < behavior.switchboard_share
    switchboard = np.where(behind, rng.integers(0, behavior.switchboards, spec.persons), -1)
    is_withheld = (rng.random(spec.persons) < behavior.withheld_share) & ~behind
    is_foreign = (rng.random(spec.persons) < behavior.foreign_share) & ~behind
    return Persons(switchboard, is_withheld, is_foreign)


def give_attempts_a_caller(
    attempts: pd.DataFrame, spec: ContactCentreSpec, companies: Companies, persons: Persons, rng: np.random.Generator
) -> pd.DataFrame:
    """Say for each first attempt which company is called, on which number, by whom.

    Args:
        attempts: First attempts, see `first_attempts`.
        spec: The centre.
        companies: Who is called.
        persons: Who calls.
        rng: Source of chance.

    Returns:
        `attempts` with customer, landing (row of the customers' table, -1 unlisted) and person, and
        more rows: colleagues behind a switchboard who call about the same thing. In order of time.
    """
    queue, n = attempts["queue"].to_numpy(), len(attempts)
    draw, customer = rng.random(n), np.zeros(n, dtype=np.int64)
    for position in range(len(spec.queues)):
        chosen = queue == position
        customer[chosen] = np.searchsorted(np.cumsum(companies.shares[position])[:-1], draw[chosen])
    landing = companies.first_landing[customer] + (rng.random(n) ** 2 * companies.landings[customer]).astype(np.int64)
    landing = np.where(rng.random(n) < spec.behavior.unlisted_share, -1, landing)
    attempts = attempts.assign(customer=customer, landing=landing, person=rng.integers(0, spec.persons, n))
    both = pd.concat([attempts, _colleagues(attempts, spec, persons, rng)], ignore_index=True)
    return both.sort_values(["day", "seconds", "queue", "person"], ignore_index=True)


def _colleagues(
    attempts: pd.DataFrame, spec: ContactCentreSpec, persons: Persons, rng: np.random.Generator
) -> pd.DataFrame:
    """A colleague behind the same switchboard calls the same queue, whatever became of the first call."""
    board = persons.switchboard[attempts["person"].to_numpy()]
    follows = (board >= 0) & (rng.random(len(attempts)) < spec.behavior.colleague_share)
    follows &= ~attempts["is_closed"].to_numpy()
    again, board = attempts[follows].copy(), board[follows]
    by_board = np.argsort(persons.switchboard, kind="stable")
    start = np.searchsorted(persons.switchboard[by_board], board)
    size = np.searchsorted(persons.switchboard[by_board], board, side="right") - start
    place = np.empty(spec.persons, dtype=np.int64)
    place[by_board] = np.arange(spec.persons)
    step = 1 + (rng.random(len(again)) * np.maximum(size - 1, 1)).astype(np.int64)
    again["person"] = by_board[start + (place[again["person"].to_numpy()] - start + step) % size]
    again["seconds"] += _COLLEAGUE_PAUSE_SECONDS + rng.exponential(spec.behavior.colleague_seconds, len(again))
    return again[size > 1]


def caller_numbers(persons: Persons, person: np.ndarray, phone: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The true number behind each call, and whether it belongs to a switchboard.

    Args:
        persons: Everybody.
        person: Who calls, shape (n_calls,).
        phone: 0 for the usual phone, 1 for the other one, shape (n_calls,).

    Returns:
        Numbers as integers without trunk zero (foreign ones with their country code) and a flag,
        both shape (n_calls,). A withheld number is 0.
    """
    behind = (persons.switchboard[person] >= 0) & (phone == 0)
    number = np.where(phone == 0, _FIRST_PHONE, _SECOND_PHONE) + person
    number = np.where(persons.is_foreign[person] & (phone == 0), _FOREIGN_PHONE + person, number)
    number = np.where(behind, _SWITCHBOARD + persons.switchboard[person], number)
    return np.where(persons.is_withheld[person], 0, number), behind


def write_numbers(number: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The numbers as a telephone exchange may log them: +46..., 0046..., 074..., with blanks, or withheld.

    Args:
        number: Numbers as `caller_numbers` gives them, shape (n_calls,).
        rng: Source of chance.

    Returns:
        Texts, shape (n_calls,).
    """
    style = rng.integers(0, _STYLES, len(number)).tolist()
    return np.array([_written(int(n), s) for n, s in zip(number.tolist(), style, strict=True)], dtype=object)


def _written(number: int, style: int) -> str:
    if number == 0:
        return _WITHHELD[style % len(_WITHHELD)]
    digits = str(number)
    if number >= _FOREIGN_PHONE:
        return f"+{digits}" if style % 2 else f"00{digits}"
    forms = (
        f"0{digits}",
        f"+46{digits}",
        f"0046{digits}",
        f"0{digits[:2]}-{digits[2:5]} {digits[5:7]} {digits[7:]}",
        f"+46 {digits[:2]} {digits[2:5]} {digits[5:7]} {digits[7:]}",
    )
    return forms[style]
