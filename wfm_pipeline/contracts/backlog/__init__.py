"""What the hourly backlog promises: case events of silver, and gold's hours of cases, of people, and of what to do.

case_events.py: events as they are read. hours.py: the backlog per queue and hour, and how it was worked off. ahead.py: what is to
come, who is there for it, and what to do. carried.py: what an hour leaves for the next. calendar_versions.py: versions of
the site's calendar. Not here: counting and forecasting (domain/backlog).
"""
