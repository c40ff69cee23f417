"""Gold assets of the forecast: issued, final, intraday, long range, and how good they were.

Not here: formulas (domain/forecasting) and reads that others share (warehouse/shelves).
"""
