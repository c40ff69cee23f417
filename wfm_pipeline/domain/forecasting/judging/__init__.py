"""How good a forecast was: backtests, scores, slices, calibration, and whether a difference is luck.

Not here: pictures and words of a report (reports/backtest).
"""
