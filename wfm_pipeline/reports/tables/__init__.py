"""Tables for the terminal, one module per subject.

Not here: how a table is printed (reports/words/terminal).
"""
