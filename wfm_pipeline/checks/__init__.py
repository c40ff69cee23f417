"""Blocking asset checks: contracts, and the laws that must hold from table to table.

Not here: what the laws are (contracts, warehouse/laws); a check asks, compares and says.
"""
