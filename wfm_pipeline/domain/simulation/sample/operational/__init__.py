"""The sample's operational tables: what a live centre's database would hold of the very same calls, agents and days.

Not here: the call records themselves (records), the tables' promises (contracts/operational).
"""
