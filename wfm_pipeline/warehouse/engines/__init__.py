"""The engines: one module per database behind one interface, chosen by the scheme of a URL.

Not here: what a table means. Nobody outside asks which engine it is.
"""
