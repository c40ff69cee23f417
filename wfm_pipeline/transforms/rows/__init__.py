"""One raw row to one canonical row: values, rules, findings, zones, telephone numbers.

Not here: many rows to one (calls, intervals).
"""
