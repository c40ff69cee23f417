"""Half a year of days and more than a year of weeks: growth, its uncertainty, and whole futures as sample paths.

Not here: the fourteen days that are issued every night.
"""
