"""Our shelves: engines, idempotent writes, bronze versions, the readers' published copy, the model store."""
