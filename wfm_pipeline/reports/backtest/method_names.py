"""Names of forecasting methods and scores as readers see them.

Here: words for names. Not here: sentences (words.py) or numbers (reports/words/numbers).
"""

from collections.abc import Mapping
from typing import Final

from wfm_pipeline.domain.forecasting import METHOD

METHOD_NAMES: Final[Mapping[str, str]] = {
    METHOD: "wfm (ours)",
    "seasonal_naive": "same weekday last week",
    "mean_4": "mean of 4 same weekdays",
    "mean_8": "mean of 8 same weekdays",
    "median_6": "median of 6 same weekdays",
}
SCORE_NAMES: Final[Mapping[str, str]] = {
    "int_q": "interval, per queue",
    "int_tot": "interval, all queues",
    "day_q": "day, per queue",
    "day_tot": "day, all queues",
    "pinball": "quantiles (pinball)",
}


def method_name(method: str) -> str:
    """The name readers see; external peers keep theirs."""
    return METHOD_NAMES.get(method, method)
