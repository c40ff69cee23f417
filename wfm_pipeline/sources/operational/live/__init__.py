"""Reading a live centre's operational tables again and again: all services in a fixed number of questions, over one or more addresses.

Not here: one table, once (sources/operational/database), what the readings are for (calculators/live_coverage), when to read (monitoring).
"""
