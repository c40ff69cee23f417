"""Writing bronze: a source's own rows in versions, the days a run reads again, and silver's to-do list.

Not here: reading the source (sources), or cleaning (transforms).
"""
