"""What past weeks say of the hours ahead: arrivals, throughput, how cases end, and what a probability was worth.

arrivals.py: cases to come, hour by hour. throughput.py: cases done. spells.py: stays of cases in a queue, from their events.
endings.py: how fast such stays end, and which pass their due time. calibration.py: probabilities against what came.
scores.py: reliability and Brier score.

Not here: futures and what is asked of them (the room above).
"""
