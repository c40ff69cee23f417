"""What every table and every source promises. No I/O, no engine: plain descriptions.

Checks, schemas and the data dictionary are made from these, never written by hand.
Not here: whether a stored table keeps its promise (checks, warehouse/contract_check).
"""
