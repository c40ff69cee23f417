"""What live coverage reads of the warehouse and keeps in it.

Not here: working coverage out (calculators/live_coverage) and a live centre's own tables (sources/operational).
"""
