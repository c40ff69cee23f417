"""What every room of the mathematics shares: names of array types, and numbers without a unit.

Here: type names, the least divisor, the error of rounding, the usual level of confidence. Not here: a number that
one method chose (beside the method), constants with a unit (wfm_pipeline/units.py), or the words for all and for
nobody (contracts/stand_ins).
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
IntArray = NDArray[np.int64]
TextArray = NDArray[np.object_]
"""Texts, or None where there is none."""

LEAST_DIVISOR: Final = 1e-12
"""Divided by at the least, where a sum of weights or calls may be 0: what stands above it is 0 as well then."""
ROUNDING: Final = 1e-9
"""Difference of two numbers, as a share of them, that is none: doubles added in another order."""
CONFIDENCE: Final = 0.95
"""Level of a confidence interval where nobody asks for another."""
MAD_TO_SD: Final = 1.4826
"""Standard deviation of a normal law over the median of its absolute deviations."""
