"""What a source promises: its map, the roles its columns fill, its site, and names as engines keep them.

Not here: reading a source (sources).
"""
