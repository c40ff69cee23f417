"""The alerts room: whatever goes wrong anywhere is seen here, told once, reminded of, and told when it is over.

A watcher (of runs, of checks, of freshness; later of coverage and backlog) makes a `Sighting`: a thing, whether it
is wrong, and since when. `AlertDesk` weighs it against what is known, writes what has to be told into the
outbox in the same transaction, and sends it. Not here: who watches, and when (orchestration).
"""
