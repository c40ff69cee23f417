"""Commands that judge: what forecasts and models said beside what came.

Not here: answers about the future (commands/plan), what is wrong with the house (commands/operate).
"""
