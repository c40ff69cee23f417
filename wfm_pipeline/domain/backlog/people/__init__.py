"""People and their time: who is there for a queue's cases in each hour, on them and off them. Frames in, frames out.

availability.py: rostered people less breaks, planned activities, missing people and calls. expected.py: what share goes missing
and what share is free between calls, from the same hours of past weeks. activities.py: planned activities at their instants.
sheets.py: which rows of the planners' file are refused. choices.py: what may become of an activity. fewest_changes.py: the
search for the fewest changes that keep a risk. time_changes.py: a queue's plan. action_rows.py: plans as recommendations in words.

Not here: rosters and presence (domain/coverage; a calculator joins both), the risk of a breach (ahead), tables and clocks.
Method and drawbacks: docs/methods/backlog.md, "People and their time".
"""
