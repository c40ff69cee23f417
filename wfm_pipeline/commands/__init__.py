"""The `wfm` command, one module a command, in rooms as its help lists them: Start, Plan, Look, Operate.

Beside them what they share (common) and how they are stopped (stopping). A command takes words in, makes one call and
puts words out. Not here: what is done (calculators, orchestration) and how it is printed (reports).
"""
