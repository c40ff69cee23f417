"""Our shelves: engines, idempotent writes, bronze versions, the readers' published copy, the model store.

Not here: other people's databases and files (sources), formulas (domain).
"""
