"""One small sample for all tests of the house."""

import datetime as dt
import shutil

import pytest

from wfm_pipeline.resources import House
from wfm_pipeline.settings import load_settings
from wfm_pipeline.sources.sample import make_sample
from wfm_pipeline_tests.assigned_kit import plan
from wfm_pipeline_tests.house_kit import LAST_DATE, make_house, run
from wfm_pipeline_tests.tools.write_allocation_seeds import FOLDER


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


@pytest.fixture
def planners(clean):
    """Planners' files of their own to change."""
    folder = clean / "planning"
    shutil.copytree(FOLDER, folder)
    return folder


@pytest.fixture
def planned(sample, clean, planners):
    """A house with planners' files and no calls yet, in which one week is planned."""
    house = House(load_settings(home=clean / "home", source_url=f"sqlite:///{sample}", planning_folder=planners))
    assert plan(house, "2026-W14").problems == ()
    return house
