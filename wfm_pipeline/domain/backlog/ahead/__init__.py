"""What becomes of a backlog in the next hours: hours to clear it, probability of a breach, people who keep it down. Frames in, frames out.

request.py: what is asked and what comes out. clear_and_breach.py: the front door. draws.py: futures of a queue, drawn once.
fluid.py: hours to clear by mean flows. clearing.py: the same over the futures. breach.py: is every due time kept in a future?
kernels.py: its loop, compiled where there is much. queue_ahead.py: a queue as arrays. risk.py: the probability with other people.
need.py: people for a wanted probability. learnt/: what past weeks say.

Not here: the count of what waits now (domain/backlog/stock), who is there and what they do instead, and the forecasts of the room
forecasting, which its siblings may not know.
"""
