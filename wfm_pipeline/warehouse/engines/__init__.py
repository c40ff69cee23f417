"""The engines: one module per kind of database behind one interface, chosen by the scheme of a URL.

A new engine is one module here, with a `Warehouse` (engine.py) and an `Engine` (entry.py), and one line in registry.py (one whose
database is a file is named in urls.py, too);
what of it grows long gets a module beside it, as the readers' copies have, or a room, as Spark has. Nobody outside of this room asks which
engine it is, or touches a connection: what somebody needs becomes a method of `Warehouse`.

Not here: what a table means, and the databases of others (sources/databases).
"""
