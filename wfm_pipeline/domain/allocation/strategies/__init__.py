"""Who gets what: the gate of who may, the score of who should, and the two strategies.

Not here: why it came out so (reasons), or what a week is like (week).
"""
