"""Thin Dagster assets, by layer: each reads, calls one function, writes and reports.

Not here: formulas (domain), reads that others share (warehouse/shelves), jobs and schedules (orchestration).
"""
