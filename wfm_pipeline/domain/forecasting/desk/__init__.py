"""The desk a forecast is made for: its history as a checked panel, and what the calendar says of each day.

Not here: how many calls are expected (means), or how sure that is (bands).
"""
