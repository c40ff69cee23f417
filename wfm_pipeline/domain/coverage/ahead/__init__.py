"""Alerts that come before the shortage: the level to expect ahead, when an alert is open, and how good such alerts were.

level_ahead.py: the service level that is to come, and what the line tells of it. live_level.py: the same of a live centre. alert_states.py: looks made into open and closed
alerts, for many limits at once. shortages.py: which quarters were short in truth. alert_scores.py: alerts against the truth, and
two rules at equal false alarms.

Not here: the mathematics of an interval (its neighbours), telling somebody (monitoring/alerts), and reading records.
"""
