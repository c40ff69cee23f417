"""Pictures and tables for people, from frames: no query, no engine.

Not here: reading (warehouse/gold_reader) and deciding (domain).
"""
