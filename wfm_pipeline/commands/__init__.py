"""Commands of `wfm` that are too long for the front door (cli), one module each; words in, one call, words out.

Not here: what is done (calculators, orchestration) and how it is printed (reports).
"""
