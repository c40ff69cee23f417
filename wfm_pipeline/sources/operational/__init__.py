"""A live centre's operational tables: read, judged at the door, and handed on in seconds and shares.

Not here: what they promise (contracts/operational), the rules (domain/operational).
"""
