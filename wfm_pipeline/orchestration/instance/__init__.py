"""Dagster itself: its storage, its `dagster.yaml`, its health, its services for `wfm dev`, and what it forgets.

Not here: jobs and their runs.
"""
