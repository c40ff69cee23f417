"""Readers of files: folders of exports, interval files, planners' files; all within bounds.

Not here: typing and hashing the rows (sources/rows).
"""
