"""Gold assets of the hourly backlog: cases read anew, the backlog of hours that are over, what is to come, and what to do.

stretch.py: which hours. news.py: reading. standing.py: what stands already. counting.py, looking_ahead.py: what is over and what is to come. writing.py,
judging.py: tables and laws. hours.py: the step. report.py: what follows it. Not here: counting and forecasting (domain/backlog, calculators), what events an
hour needs (warehouse/shelves/backlog), who is told (monitoring/backlog).
"""
