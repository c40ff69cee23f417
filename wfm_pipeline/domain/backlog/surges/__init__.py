"""Surges: of which queue do more cases come, more get old, or fewer get done than its past weeks and chance explain?

request.py: the question and the answer. weekly_grid.py: rows as weeks, days, hours and queues. expected.py: what an hour should have brought, from
weeks before it alone. scores.py: how unlikely an hour is. chart.py: the two branches that raise an alarm. limits.py: limits for a stated number of
false alarms, by simulated run lengths. delays.py: how soon a shift is seen. streams.py: the three streams. detection.py: alerts of the newest hour.
plain_limits.py: alerts by plain limits (breach, over due, stuck). hour_alerts.py: all of them as rows of gold.

Not here: counting of cases (hours), forecasts (the caller may bring them), who is told (monitoring/backlog).
"""
