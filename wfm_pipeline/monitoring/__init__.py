"""Watching what is, and telling people: alerts now, live coverage and backlog later; it computes no assignment.

It reads published gold (warehouse/gold_reader) and shelves. Not here: when it looks (orchestration).
"""
