"""Sites with their calendars, and what a person may write into a run's configuration."""

import json

from hypothesis import strategies as st

from wfm_pipeline_tests.fuzz.broken import ODD

_WORDS = {
    "time_zone": ("Europe/Stockholm", "UTC", "Europe", "posixrules", "../etc/passwd", "America/New_York"),
    "country": ("SE", "US", "XX", "IN", ""),
    "subdivision": ("TX", "", "AP"),
    "weekend": ("fri,sat", "sat,sat", "mon,tue,wed,thu,fri,sat,sun", "Sun"),
    "opening_hours": (
        '{"mon": "08:00-18:00"}',
        '{"mon": "24:00-24:00"}',
        '{"xyz": "closed"}',
        '{"mon": "00:00-24:00", "tue": "closed"}',
    ),
    "extra_holidays": ('{"2026-12-24": "eve"}', '{"0001-01-01": "x"}', '{"2026-12-24": ""}'),
    "interval_minutes": ("5", "60", "7", "0"),
    "closed_on_holidays": ("true", "2"),
}
sites = st.fixed_dictionaries(
    {},
    optional={f"WFM_{name.upper()}": st.one_of(st.sampled_from(words), ODD) for name, words in _WORDS.items()},
).map(
    lambda found: {
        "environment.json": json.dumps({name: text.replace("\0", "") for name, text in found.items()}).encode()
    }
)

_VALUES = st.one_of(
    ODD, st.integers(), st.floats(), st.booleans(), st.none(), st.sampled_from(["2026-07-01", "2026-07-01T11:00"])
)
run_configs = st.fixed_dictionaries(
    {
        "as_of": _VALUES,
        "reissue": st.one_of(st.booleans(), _VALUES),
        "at": _VALUES,
        "everything": st.one_of(st.booleans(), _VALUES),
    }
).map(lambda found: {"config.json": json.dumps(found).encode()})
