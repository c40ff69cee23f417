"""Ibis' words for Spark, where we know better ones.

Not here: what is asked (transforms), and who sends it (tables.py).
"""

from typing import Any

import sqlglot.expressions as sge
from ibis.backends.sql.compilers.pyspark import PySparkCompiler


class SparkCompiler(PySparkCompiler):
    """Ibis' own compiler, but for what grows with the rows."""

    def visit_IntervalFromInteger(self, op: Any, *, arg: Any, unit: Any) -> Any:  # noqa: N802, ARG002  (Ibis' own name and form)
        """A number of seconds as one second so many times.

        Ibis writes it as a text, `'9 seconds'`, that Spark reads row by row: on Sail 40,000 rows took 28 s in place of 0.1 s,
        and 700 MB that were not given back.
        """
        return sge.Paren(this=sge.Interval(this=sge.convert("1"), unit=self.v[unit.singular.upper()]) * arg)
