"""People to demands, week by week, provably fair and explained.

Here: the arithmetic on one week (problem, strategies, reasons) and how monthly
or interval forecasts become weekly demand. Not here: where rosters and forecasts come from
(assets) and how answers are stored or drawn (warehouse, reports).
"""
