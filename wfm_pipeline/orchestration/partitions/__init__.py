"""Which dates and weeks a run is about: partitions, what is stale, what came late, and the grid of the UI.

Not here: running (runs), or when it is time (schedules, sensors).
"""
