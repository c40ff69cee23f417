"""Commands of whoever keeps the house running: checks, upgrades, alerts, the readers' copy, the Dagster UI.

Not here: the first hour (commands/start), the work itself (orchestration, warehouse, monitoring).
"""
