"""Watching the hourly backlog: what is told of an hour, and to whom.

asking.py reads the view of an hour through published gold. Not here: counting (domain/backlog), and how the view reads
(reports/backlog).
"""
