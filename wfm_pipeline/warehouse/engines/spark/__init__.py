"""Spark as a warehouse's engine, through Spark Connect: server, tables, catalogue, rows on their way, readers' copy.

Not here: what every engine can do (warehouse/engines/engine).
"""
