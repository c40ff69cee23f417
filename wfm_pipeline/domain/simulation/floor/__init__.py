"""The event simulation of a contact centre's floor: calls wait, agents take them, one event at a time.

Here: what a floor is (centre, durations), one run (draws, kernel, run), what came of it (measures),
many runs with confidence intervals (replications), and the smallest teams that reach a target
(team_size). Pure and seeded. Not here: files and words of the command line (sheets reads text
tables; orchestration reads files), Erlang formulas (domain/staffing), and the labelled sample
centre (the modules beside this package). Method and drawbacks: docs/methods/simulation.md.
"""
