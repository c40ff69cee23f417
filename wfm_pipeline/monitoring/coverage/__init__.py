"""Live coverage: a cycle reads the centre, works out who is there against who is needed, tells, and keeps.

analyzer.py: what callers use. cycle.py: one cycle. gold_day.py: what gold says of a date, read once per publish. asking.py:
a reading as a question. memory.py: what
is remembered between cycles. board.py: a row per service. staleness.py: whether the centre's numbers still move. cadence.py: when
a cycle is due. statistics.py: a service over a stretch of time. looks.py: gaps and outages for the alerts room. keeping.py:
history. telling.py: both, where a fault stops no cycle. sample_replay.py: a recorded day of the sample as a centre.
opening.py: all of it as the settings say. centre.py: the centre as cycles see it.

Not here: the mathematics (domain/coverage, calculators/live_coverage), reading a centre's database (sources/operational/live),
what becomes of a look (monitoring/alerts), screens (commands, reports).
"""
