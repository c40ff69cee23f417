"""Pure functions of the field: no I/O, no clock, no environment, no Dagster, no Ibis.

Not here: reading, writing, drawing; whoever calls brings the values and the time.
"""
