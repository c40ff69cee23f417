"""Blocking asset checks: contracts, and the laws that must hold from table to table."""
