"""The sample contact centre: behavior first, records second, always labelled as made.

Not here: the event simulation that answers planners' questions (floor).
"""
