"""Why an allocation is as it is: explanations of people and gaps, and the independent judge.

Not here: making it (strategies).
"""
