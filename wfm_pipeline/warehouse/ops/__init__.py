"""The `ops` store: what belongs to running the house and not to the medallion (leases, outbox, alert state, notes).

Not here: bronze, silver and gold.
"""
