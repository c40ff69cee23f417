"""Coverage of what is over, from the centre's tables as they stand; for the hourly assets.

Not here: the live cycle and what it keeps while it runs (keeping), and the shelf (warehouse/shelves/coverage).
"""
