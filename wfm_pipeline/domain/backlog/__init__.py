"""Backlog: cases that wait, per queue and hour, recomputed from their events. Frames in, frames out.

rules.py: what a site settles (what is done, whether a re-open restarts the due time, whether pauses count, limits).
events.py: the columns of case events, and which rows cannot be used. timeline.py: the state of every case from event to
event. due.py: due times and their clock. stock.py: open cases at an instant, by age, due, paused and stuck, and one by one.
flows.py: what came and went. latency.py: how long cases take, those that wait included. hours.py: all of it per queue and
hour. cycles.py: every open-close-re-open cycle. working_time.py: working hours between instants.
calendar_clock.py: working hours by the calendar as it stood. calendar_versions.py: which versions there are. carried.py: what later hours need of the cases so far. balance.py: the conservation law.
people: who is there for cases in each hour.

Not here: reading of events, tables and clocks (the caller brings events, hours and the instant of knowledge), forecasts.
What is not built yet stands in docs/methods/backlog.md.
"""
