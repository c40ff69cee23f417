"""The sample contact centre: behaviour first, records second, always labelled as made.

Not here: the event simulation that answers planners' questions (floor).
"""
