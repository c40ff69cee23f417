"""Capacity weeks ahead: FTE required, people over time, hiring that closes a gap.

Not here: the team of one interval (requirement), or the weeks' calls (domain/forecasting/long_range).
"""
