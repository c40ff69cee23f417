"""People that the bands of calls need, remembered: they change with forecast and targets, not with the people there.

It is the dearest step of a cycle where many services are short: a search for a team at each of seven levels. Not here: the search
(domain/coverage/gaps).
"""

from collections.abc import Mapping
from typing import Final

import numpy as np
import pandas as pd

from wfm_pipeline.domain.arrays import FloatArray
from wfm_pipeline.domain.coverage.gaps import band_heads

_KEYS: Final = ["service_id", "interval_start"]


class BandMemory:
    """Stands in for `gaps.band_heads` as long as forecast and targets stay."""

    def __init__(self) -> None:
        """Nothing is known."""
        self._places: dict[tuple[object, object], int] = {}
        self._heads: list[FloatArray] = []

    def __call__(self, rows: pd.DataFrame, policy: Mapping[str, FloatArray], interval: float) -> FloatArray:
        """See `gaps.band_heads`; what was asked before is not worked out again."""
        keys = list(zip(rows[_KEYS[0]].tolist(), rows[_KEYS[1]].to_numpy().tolist(), strict=True))
        is_new = np.array([key not in self._places for key in keys], dtype=bool)
        if is_new.any():
            made = band_heads(rows[is_new], {name: values[is_new] for name, values in policy.items()}, interval)
            fresh = (key for key, new in zip(keys, is_new, strict=True) if new)
            self._places |= {key: len(self._heads) + place for place, key in enumerate(fresh)}
            self._heads += list(made)
        return np.array([self._heads[self._places[key]] for key in keys])
