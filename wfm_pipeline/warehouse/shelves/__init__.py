"""Reading and storing what assets, monitoring and pages share; a shelf takes a warehouse, a source map and a site.

Not here: layers as a whole (bronze, silver), formulas (domain), or the house (resources).
"""
