"""Jobs, schedules, sensors and partitions: when the assets run, never what they do.

Not here: what a step does (assets), or questions that need no run (calculators).
"""
