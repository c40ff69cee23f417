"""A live centre's operational tables: read, judged at the door, and handed on in seconds and shares.

Also made and written, where a recorded day is laid into them (writing.py).

Not here: what they promise (contracts/operational), the rules (domain/operational).
"""
