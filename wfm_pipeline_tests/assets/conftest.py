"""One small sample for all tests of the house."""

import datetime as dt
import shutil

import pytest
from pydantic import SecretStr

from wfm_pipeline.resources import House
from wfm_pipeline.settings import load_settings
from wfm_pipeline.sources.sample import make_sample
from wfm_pipeline_tests.assigned_kit import plan
from wfm_pipeline_tests.house_kit import LAST_DATE, apart, make_house, run
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
    with apart(tmp_path_factory.mktemp("finished")) as home:
        built = make_house(sample, home)
        outcome = run(built, as_of=LAST_DATE + dt.timedelta(days=1))
    assert outcome.problems == ()
    return built, outcome


@pytest.fixture
def again(finished, clean):
    """A copy of the house in which the main job has run, with a source of its own to change."""
    home = clean / "home"
    shutil.copytree(finished[0].settings.home, home)
    url = SecretStr(f"sqlite:///{home / 'source.sqlite'}")
    return House(finished[0].settings.model_copy(update={"home": home, "source_url": url}))


@pytest.fixture
def planners(clean):
    """Planners' files of their own to change."""
    folder = clean / "planning"
    shutil.copytree(FOLDER, folder)
    return folder


@pytest.fixture(scope="session")
def planned_once(sample, tmp_path_factory):
    """The home of a house with planners' files and no calls yet, in which one week is planned; tests copy it."""
    with apart(tmp_path_factory.mktemp("planned")) as folder:
        shutil.copytree(FOLDER, folder / "planning")
        assert plan(_with_plans(sample, folder), "2026-W14").problems == ()
    return folder / "home"


@pytest.fixture
def planned(sample, clean, planners, planned_once):
    """A house with planners' files of its own and no calls yet, in which one week is planned."""
    shutil.copytree(planned_once, clean / "home")
    return _with_plans(sample, clean)


def _with_plans(sample, folder):
    url = f"sqlite:///{sample}"
    return House(load_settings(home=folder / "home", source_url=url, planning_folder=folder / "planning"))
