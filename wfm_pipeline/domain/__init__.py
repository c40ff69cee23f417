"""Pure functions of the field: no I/O, no clock, no environment, no Dagster, no Ibis."""
