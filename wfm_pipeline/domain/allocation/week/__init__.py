"""What a week brings to the allocation: its demands, working days and hours, and how many people each demand should get.

Not here: who gets what (strategies).
"""
