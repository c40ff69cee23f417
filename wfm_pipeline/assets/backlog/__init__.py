"""Gold assets of the hourly backlog: cases read anew, the backlog of hours that are over, what is to come, and what to do.

news.py: reading. hours.py: the step and its tables. Not here: counting and forecasting (domain/backlog, calculators), what events an
hour needs (warehouse/shelves/backlog), who is told (monitoring/backlog).
"""
