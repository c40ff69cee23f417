"""What the hourly backlog reads of the warehouse and keeps in it.

hour_events.py: the events an hour is counted from. carry.py: open cases carried on from hour to hour. case_rows.py: sources that
have rows of cases and no events. site_hours.py: when the site works.
calendar_versions.py: versions of its calendar. newest_event.py: until when anything is known. readings.py:
what they hand each other. Not here: counting (domain/backlog, calculators/backlog_hour), gold (assets).
"""
