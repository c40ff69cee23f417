"""The report of a backtest: pictures, tables and plain words.

Not here: scores (domain/forecasting/judging).
"""
