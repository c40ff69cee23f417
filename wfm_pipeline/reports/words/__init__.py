"""How anything is said to people: numbers, names, tables, pages; nothing in it commands a terminal or a browser.

Not here: what is said.
"""
