"""The `wfm` command, one module a command, in rooms as its help lists them: Start, Plan, Look, Operate.

Beside them how a name becomes a command (menu), what commands share (common), how they run a job (running), which hours of the backlog
one is about (backlog_hours) and how they are stopped (stopping). A command takes words in, makes one call and puts words out, and imports what it needs when it runs. Not here: what is done (calculators, orchestration) and how it is printed (reports).
"""
