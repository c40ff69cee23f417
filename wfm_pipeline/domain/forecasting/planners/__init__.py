"""What people tell the forecast: events, drivers, decisions on odd days and overrides, and what each was worth.

Not here: storing their tables (warehouse/shelves), or the calendar's own effects (means).
"""
