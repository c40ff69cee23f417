"""Contracts of what begins with planners' tables: those tables, their history, and the gold tables made of them.

Not here: tables that need no planner (contracts/gold).
"""
