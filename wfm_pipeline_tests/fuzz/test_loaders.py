"""Short fuzzing of every loader: it answers, or refuses in one line by an error of ours. Longer: `make fuzz`."""

import pytest
from hypothesis import HealthCheck, given, settings

from wfm_pipeline_tests.fuzz.example import try_example
from wfm_pipeline_tests.fuzz.loaders import LOADERS

EXAMPLES = 60
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.mark.parametrize("name", LOADERS)
def test_whatever_is_read_is_answered_or_refused_by_an_error_of_ours(name):
    seen = set()

    @settings(max_examples=EXAMPLES, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(files=LOADERS[name].examples)
    def run(files):
        seen.add(try_example(LOADERS[name], files))

    run()

    assert {True, False} == seen  # a strategy that breaks everything would find nothing behind the first door
