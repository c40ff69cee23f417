"""Operational tables of a live centre: what its telephony and its scheduling write and the house only reads.

They lie in the centre's own database, so columns bear its names and its units (milliseconds, percent); the DDL for each database
is sql/operational, and a test holds both together. Instants are UTC. Not here: our own tables (silver, gold).
"""
