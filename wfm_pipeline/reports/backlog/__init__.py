"""The hourly view of the backlog: what published gold says of an hour, which queue needs what, and the same as page and mail.

view.py reads, needs.py says who needs what, cells.py writes single values, status.py, readiness.py and performance.py make the
tables of the three parts, page.py and mail.py put them together. Not here: the terminal (reports/tables), and counting (domain/backlog).
"""
