"""Ibis table in, Ibis table out, lazily: bronze to silver to gold aggregates, the same on every engine.

Not here: reading and writing (warehouse), or mathematics on arrays (domain).
"""
