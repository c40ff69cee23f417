"""Small recorded days for tests of the replay, and their counting by hand: one contact after the other, in plain Python."""

import datetime as dt

import pandas as pd

DAY = dt.datetime(2026, 3, 2)
TARGET = 20


def leg(second, *, wait=10.0, talk=100.0, hold=20.0, wrap=30.0, queue="a", agent="ann", status="answered", **more):
    """A leg that began so many seconds after midnight."""
    own = {"call_id": f"{queue}{second}{agent}{wait}", "leg_number": 1, "menu_seconds": None, "caller_key": None}
    return {
        **own,
        "queue_id": queue,
        "agent_id": agent if status in ("answered", "transferred") else None,
        "status": status,
        "started_at": DAY + dt.timedelta(seconds=second),
        "wait_seconds": wait,
        "talk_seconds": talk,
        "hold_seconds": hold,
        "after_call_seconds": wrap,
        **more,
    }


def legs(*rows):
    """Legs as silver has them."""
    frame = pd.DataFrame(list(rows), columns=list(leg(0)))
    frame["started_at"] = pd.to_datetime(frame["started_at"])
    return frame


class Plain:
    """One leg as a contact, worked out by hand."""

    def __init__(self, row):
        known = {name: row[name] if row[name] is not None and row[name] == row[name] else None for name in row}
        parts = [known[name] or 0.0 for name in ("talk_seconds", "hold_seconds", "after_call_seconds")]
        self.queue, self.wait, self.agent = known["queue_id"], known["wait_seconds"], known["agent_id"]
        self.answered = known["status"] in ("answered", "transferred")
        began = known["started_at"]
        at = [known["menu_seconds"] or 0.0, self.wait or 0.0, *(parts if self.answered else [0.0] * 3)]
        instants = [(began + dt.timedelta(seconds=sum(at[: n + 1]))).replace(microsecond=0) for n in range(5)]
        self.joined, self.left, self.talked, self.held, self.ended = instants


def counted(rows, queue, now, *, midnight=DAY, window=900):
    """What a board of a queue shows at an instant, contact by contact."""
    mine = [one for one in map(Plain, rows) if one.queue == queue]
    received = [one for one in mine if one.joined <= now]
    waiting = [one for one in received if one.left > now]
    gone = [one for one in received if one.left <= now]
    answered = [one for one in gone if one.answered]
    lately = [one for one in gone if one.left > now - dt.timedelta(seconds=window)]
    waits = [one.wait for one in lately if one.answered and one.wait is not None]
    return {
        "received": len(received),
        "waiting": len(waiting),
        "longest_wait_seconds": max(((now - one.joined).total_seconds() for one in waiting), default=None),
        "in_service": sum(one.ended > now for one in answered),
        "served": sum(one.ended <= now for one in answered),
        "missed": len(gone) - len(answered),
        "answered_in_window": sum(one.answered for one in lately),
        "mean_wait_in_window_seconds": sum(waits) / len(waits) if waits else None,
        "service_level_in_window": service_level(lately),
        "service_level_today": service_level([one for one in gone if one.left >= midnight]),
    }


def service_level(gone):
    """Answered within the target over all who left; unknown waits as the other answered ones."""
    answered = [one for one in gone if one.answered]
    known = [one for one in answered if one.wait is not None]
    if not gone or (answered and not known):
        return None
    in_time = sum(one.wait <= TARGET for one in known)
    return in_time / len(known) * len(answered) / len(gone) if answered else 0.0
