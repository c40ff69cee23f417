"""Who may serve what, as far as records tell: agents who answered contacts of the same services are one group.

Nobody recorded such groups: their ids say so (contracts/operational/inferred). Not here: recorded groups, when agents are there
(agent_states).
"""

from dataclasses import dataclass
from typing import Final

import pandas as pd

from wfm_pipeline.contracts.operational.inferred import INFERRED_PREFIX

_NAMED: Final = 5
"""Services that the name of a group names; the others are counted [count]."""


@dataclass(frozen=True, slots=True, eq=False)
class AgentGroups:
    """Inferred groups.

    Attributes:
        groups: id, group_name; in order of the services served.
        service_groups: service_id, group_id; in that order.
        agents: agent_id, group_id; every agent who answered, once, in order.
    """

    groups: pd.DataFrame
    service_groups: pd.DataFrame
    agents: pd.DataFrame


def agent_groups(contacts: pd.DataFrame) -> AgentGroups:
    """Groups of agents by the services whose contacts they answered.

    Args:
        contacts: `contacts.CONTACT_COLUMNS`.

    Returns:
        The groups; none where no contact names an agent. The order of the rows changes nothing.
    """
    served = contacts.loc[contacts["agent_id"].notna().to_numpy(bool), ["agent_id", "service_id"]].drop_duplicates()
    served = served.sort_values(["agent_id", "service_id"])
    sets = {agent: tuple(part) for agent, part in served.groupby("agent_id", sort=True)["service_id"]}
    kinds = sorted(set(sets.values()))
    ids = {services: f"{INFERRED_PREFIX}{number}" for number, services in enumerate(kinds, 1)}
    pairs = sorted((service, ids[services]) for services in kinds for service in services)
    return AgentGroups(
        groups=pd.DataFrame([(ids[services], _name(services)) for services in kinds], columns=["id", "group_name"]),
        service_groups=pd.DataFrame(pairs, columns=["service_id", "group_id"]),
        agents=pd.DataFrame([(agent, ids[kind]) for agent, kind in sets.items()], columns=["agent_id", "group_id"]),
    )


def _name(services: tuple[str, ...]) -> str:
    more = len(services) - _NAMED
    return f"inferred, answered {', '.join(services[:_NAMED])}" + (f" and {more} more" if more > 0 else "")
