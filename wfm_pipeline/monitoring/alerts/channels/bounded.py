"""A channel that may not come back: it is waited for so long, and then its alert is tried again later.

It sends in a thread of its own, which a process that ends does not wait for; while that still runs nothing more is given
to it, so that a channel that hangs costs one thread.
"""

import threading
from collections.abc import Callable

from wfm_pipeline.monitoring.alerts.channels.faults import ChannelError
from wfm_pipeline.warehouse.ops.outbox import Alert


def bounded(send: Callable[[Alert], None], seconds: float) -> Callable[[Alert], None]:
    """The same channel, waited for at most so long [s].

    What comes back later than that is sent again: the receiver sees its id twice.
    """
    last: list[threading.Thread] = []

    def send_in_time(alert: Alert) -> None:
        if last and last[0].is_alive():
            raise ChannelError("the channel is still busy with an earlier alert")
        faults: list[Exception] = []
        last[:] = [threading.Thread(target=_try, args=(send, alert, faults), name="wfm-alert", daemon=True)]
        last[0].start()
        last[0].join(seconds)
        if last[0].is_alive():
            raise ChannelError(f"the channel did not come back within {seconds:g} s")
        if faults:
            raise faults[0]

    return send_in_time


def _try(send: Callable[[Alert], None], alert: Alert, faults: list[Exception]) -> None:
    try:
        send(alert)
    except Exception as error:  # noqa: BLE001  (it is raised again where it is waited for)
        faults.append(error)
