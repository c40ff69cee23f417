"""Pictures, one module per subject, all drawn by one hand (drawing).

Not here: the backtest's pictures (reports/backtest).
"""
