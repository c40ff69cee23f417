"""wfm_pipeline: call records and cases in, plans and answers out.

The rooms of the house and who may import whom: docs/architecture.md. Not here, beside the rooms: anything that has one.
"""
