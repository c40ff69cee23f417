"""Writing silver: whole scopes of cleaned rows, with the findings beside them.

Not here: the cleaning rules (transforms).
"""
