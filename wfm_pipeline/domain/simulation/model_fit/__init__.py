"""Is the queueing model honest? Predicted against reached service level, per queue and month of real records.

Not here: the models themselves (domain/staffing), or the floor's events (floor).
"""
