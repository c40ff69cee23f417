"""Thin Dagster assets, by layer: each reads, calls one function, writes and reports."""
