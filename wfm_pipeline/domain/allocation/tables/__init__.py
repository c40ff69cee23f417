"""Allocation from and to plain tables: cells into problems, answers into frames, localities by rule.

Not here: files and warehouses; whoever calls has read them.
"""
