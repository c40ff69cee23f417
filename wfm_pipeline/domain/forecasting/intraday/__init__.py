"""The rest of today: the issued forecast moved by what has come so far, with its bands and its backtest.

Not here: the forecast of days that have not begun.
"""
