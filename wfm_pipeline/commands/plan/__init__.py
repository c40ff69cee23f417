"""Commands of planners: how many people, when and where, today and in the months to come.

Not here: how good the answers were (commands/look), the work itself (orchestration, domain).
"""
