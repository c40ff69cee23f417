"""When each queue is open: the site's hours, a queue's own from a date on, and exceptions by date.

Here: one calendar that silver, forecast, staffing and whoever comes later ask. Not here: the site's own hours and holidays
(contracts/source/site, domain/calendar), reading the planners' file (domain/planners_tables), or what hours do to calls.
"""
