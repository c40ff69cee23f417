"""Reading and storing what assets, calculators, monitoring and pages share.

A shelf takes an open warehouse and a source map, whose site is the desk's own; it knows no settings.

Not here: layers as a whole (bronze, silver), formulas (domain), or the house (resources).
"""
