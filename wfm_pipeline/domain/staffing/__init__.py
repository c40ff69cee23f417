"""Staffing: calls into people. Pure functions of arrays; no file, clock, Dagster or engine.

erlang.py: what a queue does. requirement.py: how many people it needs. pooling.py: queues that share
people. deferred.py: work that may wait. transient.py: loads that change with time. risk.py: staffing
under an uncertain forecast. sheet.py: rows of a CSV file. forecast_teams.py: staffing of a forecast's rows.
capacity: people weeks ahead, from calls, attrition, hiring and shrinkage.
kernels.py, constants.py, in_bulk.py: the arithmetic and how it is run. limits.py: what a row may look like.

Not here: who works on what (domain/allocation), and how a floor of many queues behaves (domain/simulation).
"""
