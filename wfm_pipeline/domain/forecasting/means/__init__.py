"""The expected calls: level, shape, effects of the calendar, the ladder of methods and the peers beside them.

Not here: how far a day may fall from its mean (bands), or what planners add (planners).
"""
