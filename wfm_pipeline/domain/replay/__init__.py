"""Recorded contacts, made into what a live centre would have shown at any instant. Frames in, frames out.

contacts.py: legs of calls as contacts with their instants. event_counts.py: how many events there were by an instant.
queue_states.py: lines, services and counters at many instants at once. agent_states.py: what agents did, presence
inferred. agent_groups.py: who serves what, as far as records tell. quarters.py: statistics of fifteen minutes.
recorded_day.py: all of it as rows of the operational tables. pace.py: at which instants a replay writes.

Not here: reading records and writing tables (monitoring/replay), which recorded states of agents count as presence, and what
staffing makes of them.
"""
