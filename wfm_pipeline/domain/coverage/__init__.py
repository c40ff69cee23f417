"""Live coverage: people there against people needed, per service and interval. Frames in, frames out.

grid.py: the intervals, and stretches of time laid on them. presence.py: which states of agents count. unrecorded.py:
an empty room or a lost log. shares.py: people of several services. scheduled.py: shifts without breaks. required.py: need and where it is from. intervals.py: coverage
and status. gaps.py, cost.py: shortages, how bad and how dear. actions.py, trials.py: what could be done and what it
gains. utilisation.py: hours of agents. projection.py: the rest of the day. flow.py: counters that restart.

Not here: the queueing formulas (domain/staffing), the simulator, which a caller hands in (calculators), clocks and
tables of the outside world. Method and drawbacks: docs/methods/coverage.md.
"""
