"""The event simulation beside Ciw, call by call: two queues, three groups with skills, priorities, impatience.

Ciw gets the very same arrivals, handle times and patience. It has no skills of its own, so its node
is told which server may serve whom; everything else (clock, line, priorities, reneging) is Ciw's.
"""

import ciw
import numpy as np
import pytest

from wfm_pipeline.domain.simulation.floor.centre import AgentGroup, Floor, Queue, present_throughout
from wfm_pipeline.domain.simulation.floor.draws import draw_callers
from wfm_pipeline.domain.simulation.floor.durations import Exponential, Lognormal
from wfm_pipeline.domain.simulation.floor.run import ABANDONED, ANSWERED, crew_of, run_callers

CLASSES = ("sales", "support")


def skilled_node(may_serve, callers):
    """A Ciw node whose servers have skills and whose customers bring their own times."""

    class SkilledNode(ciw.Node):
        asked = staticmethod(lambda _one: True)

        def begin_service_if_possible_accept(self, next_individual):
            self.asked = lambda one: one is next_individual
            super().begin_service_if_possible_accept(next_individual)

        def begin_service_if_possible_release(self, next_individual, newly_free_server):
            self.asked = lambda one: one.customer_class in may_serve[newly_free_server.id_number]
            super().begin_service_if_possible_release(next_individual, newly_free_server)

        def choose_next_customer(self):
            for line in self.individuals:
                waiting = [one for one in line if not one.server and self.asked(one)]
                if waiting:
                    return self.service_discipline(waiting, self.now)
            return None

        def find_free_server(self, ind):
            able = (one for one in self.servers if ind.customer_class in may_serve[one.id_number] and not one.busy)
            return next(able, None)

        def get_service_time(self, ind):
            return callers.handle[ind.id_number - 1]

        def get_reneging_date(self, ind):
            return self.now + callers.patience[ind.id_number - 1, 0]

    return SkilledNode


def run_ciw(floor, callers):
    """Outcome and wait of each caller, in order of arrival."""
    between = {
        name: ciw.dists.Sequential([*np.diff(callers.arrived[callers.queue == number], prepend=0.0).tolist(), 1e9])
        for number, name in enumerate(CLASSES)
    }
    unused = {name: [ciw.dists.Deterministic(1.0)] for name in CLASSES}
    network = ciw.create_network(
        arrival_distributions={name: [between[name]] for name in CLASSES},
        service_distributions=unused,
        reneging_time_distributions=unused,
        priority_classes={queue.queue_id: queue.priority - 1 for queue in floor.queues},
        number_of_servers=[sum(len(group.agents) for group in floor.groups)],
    )
    may_serve, server = {}, 0
    for group in floor.groups:
        for _ in group.agents:
            server += 1
            may_serve[server] = set(group.levels)
    simulation = ciw.Simulation(network, node_class=skilled_node(may_serve, callers))
    simulation.simulate_until_max_time(5e8)
    records = sorted(simulation.get_all_records(), key=lambda one: one.id_number)
    assert list(range(1, len(callers.arrived) + 1)) == [one.id_number for one in records]
    outcome = [ABANDONED if one.record_type == "renege" else ANSWERED for one in records]
    return np.array(outcome), np.array([one.waiting_time for one in records])


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("priorities", [(1, 2), (2, 1), (1, 1)], ids=str)
def test_every_call_fares_as_in_ciw(priorities, seed):
    queues = (
        Queue("sales", np.full(8, 40.0), Exponential(200.0), Exponential(120.0), priority=priorities[0]),
        Queue("support", np.full(8, 30.0), Lognormal(300.0, 1.2), Exponential(240.0), priority=priorities[1]),
    )
    ends = 8 * 900.0
    groups = (  # Ciw asks its servers in order, so specialists stand first and have the lower level
        AgentGroup("sales", {"sales": 1}, present_throughout(6, 1e9)),
        AgentGroup("support", {"support": 1}, present_throughout(6, 1e9)),
        AgentGroup("both", {"sales": 2, "support": 2}, present_throughout(5, 1e9)),
    )
    floor = Floor(900.0, queues, groups)
    callers = draw_callers(floor, seed=seed)

    ours = run_callers(floor, crew_of(floor), callers)
    outcome, wait = run_ciw(floor, callers)

    assert ends > ours.arrived.max()
    assert 300 < len(wait)
    assert 20 < (outcome == ABANDONED).sum()  # the floor is short of people, so that lines and impatience matter
    assert ours.outcome.tolist() == outcome.tolist()
    np.testing.assert_allclose(wait, ours.wait, rtol=0, atol=1e-6)  # Ciw adds up gaps between arrivals
