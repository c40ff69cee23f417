"""One small sample for all tests of the house."""

import datetime as dt

import pytest

from wfm_pipeline.sources.sample import make_sample
from wfm_pipeline_tests.house_kit import LAST_DATE, make_house, run


@pytest.fixture(scope="session")
def sample(tmp_path_factory):
    """Two simulated months as a telephony source."""
    path = tmp_path_factory.mktemp("sample") / "centre.sqlite"
    make_sample(path, last_date=LAST_DATE, months=2, seed=7)
    return path


@pytest.fixture
def clean(clean_environment):
    return clean_environment


@pytest.fixture
def house(sample, clean):
    return make_house(sample, clean / "home")


@pytest.fixture(scope="session")
def finished(sample, tmp_path_factory):
    """A house in which the main job has run once; tests only look at it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("DAGSTER_HOME", raising=False)
        home = tmp_path_factory.mktemp("finished")
        patch.chdir(home)
        built = make_house(sample, home)
        outcome = run(built, as_of=LAST_DATE + dt.timedelta(days=1))
    assert outcome.problems == ()
    return built, outcome
