"""Commands of the first hour: settings, sample, data in, the main job.

Not here: questions of planners (commands/plan), scores (commands/look), what keeps it running (commands/operate).
"""
