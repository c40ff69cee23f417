"""Questions that are asked with arguments or files and need no run: a typed request in, a typed answer out.

Called by commands, pages and assets alike. Not here: formulas (domain), what a run makes (assets), how an
answer is printed (reports) or asked for (commands).
"""
