"""Watching what is, and telling people: alerts, live coverage, the hourly backlog; it computes no assignment.

It reads published gold (warehouse/gold_reader) and shelves. Not here: when it looks (orchestration).
"""
