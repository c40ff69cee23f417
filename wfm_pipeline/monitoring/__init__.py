"""Watching what is: alerts now, live coverage and backlog later. It reads shelves and tells people; it computes no plan.

Not here: when it looks (orchestration).
"""
