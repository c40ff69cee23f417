"""Gold assets of people: staffing, capacity, allocation, and the models' honesty.

Not here: formulas (domain/staffing, domain/allocation) and reads that others share (warehouse/shelves).
"""
