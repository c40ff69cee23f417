"""The `dagster.yaml` that we ship: what it says, and telling our own file from a user's.

Our file carries a digest of itself in its first line. So every later version knows an untouched one and
puts its own in its place, and a file that somebody has changed is theirs and stays.
"""

import hashlib
import re
from typing import Final

_HEAD: Final = "# Written by wfm ({digest}). Change anything and the file is yours: wfm leaves it alone from then on."
_FIRST_LINE: Final = re.compile(r"# Written by wfm \((?P<digest>[0-9a-f]{16})\)\.[^\n]*\n")

_BODY: Final = """telemetry:
  enabled: false
nux:
  enabled: false

# Every run writes the warehouse, so one runs at a time and the others wait in the queue. Runs that do not
# come from the queue (`wfm run`) wait for the warehouse itself, see writer_wait_seconds in wfm.toml.
concurrency:
  runs:
    max_concurrent_runs: 1

# A run that does not start, or does not stop when asked to, is closed; one whose process was killed is closed by
# the sensor dead_runs, and done again once from where it was. A step that failed is not: mend it first.
run_monitoring:
  enabled: true
  start_timeout_seconds: 300
  cancel_timeout_seconds: 180
run_retries:
  enabled: true
  max_retries: 1
  retry_on_asset_or_op_failure: false

# What schedules and sensors did at each tick; old runs go by keep_runs_days in wfm.toml.
retention:
  schedule:
    purge_after_days: 90
  sensor:
    purge_after_days:
      skipped: 3
      success: 30
      failure: 90
      started: 30
"""

_POSTGRES: Final = """
storage:
  postgres:
    postgres_url:
      env: WFM_DAGSTER_POSTGRES_URL
"""

_PLAIN: Final = "telemetry:\n  enabled: false\nnux:\n  enabled: false\n"
_UNSIGNED: Final = (_PLAIN, _PLAIN + _POSTGRES.removeprefix("\n"))
"""What versions before the digest wrote."""


def template(*, is_postgres: bool) -> str:
    """The file's text, for run storage in PostgreSQL or in SQLite."""
    body = _BODY + (_POSTGRES if is_postgres else "")
    return f"{_HEAD.format(digest=_digest(body))}\n{body}"


def is_ours(text: str) -> bool:
    """True where some version of ours wrote the text and nobody has changed it."""
    signed = _FIRST_LINE.match(text)
    return text in _UNSIGNED or bool(signed and signed["digest"] == _digest(text[signed.end() :]))


def _digest(body: str) -> str:
    return hashlib.sha256(body.encode()).hexdigest()[:16]
