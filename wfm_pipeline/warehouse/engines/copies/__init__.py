"""How engines make the readers' copies: what is shown of a table, the files of DuckDB, the schemas of PostgreSQL and who may read them.

Not here: what a publish is and who asks for which copy (warehouse/readers), and the copy on Spark (warehouse/engines/spark).
"""
