"""Pictures, tables and words for people, from frames or from published gold (warehouse/gold_reader): no query, no engine.

Not here: how gold is read (warehouse/gold_reader) and deciding (domain).
"""
