"""How sure a forecast is: the laws of counts, bands learnt from an inner backtest, and errors that hang together.

Not here: the means they stand around (means), or whether they told the truth (judging).
"""
