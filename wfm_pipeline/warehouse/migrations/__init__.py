"""From what an older version wrote to what this one reads, without losing what cannot be made again.

Not here: what a table promises today (contracts).
"""
