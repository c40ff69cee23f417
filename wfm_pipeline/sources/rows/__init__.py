"""From a driver's rows to rows ready for bronze: typed, hashed, dated, spooled.

Not here: where they come from (databases, files).
"""
