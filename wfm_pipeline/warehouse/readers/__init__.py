"""The readers' copy: gold published for analysts, under pseudonyms, apart from the warehouse.

Not here: reading it (warehouse/gold_reader).
"""
