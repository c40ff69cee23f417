"""Watching the hourly backlog: what is told of an hour, and to whom.

asking.py reads the view of an hour through published gold, report.py sends it. people.py: who is there for cases, from one reading of the live
centre (people_read.py). looks.py: the alerts of an hour as looks for the alerts room, telling.py weighs and sends them. Not here:
counting (domain/backlog), and how the view reads (reports/backlog).
"""
