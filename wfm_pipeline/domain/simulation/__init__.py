"""Made contact centres: behavior first, records second.

Here: pure functions that invent a centre's callers, agents and days from a seed. Not here: files
and databases (sources/sample) and the physical tables' DDL (sql/source).
"""
