"""What the operating pages name exists: settings, commands, switches. The files beside them: test_deployment.py."""

import re
from pathlib import Path

import pytest

from wfm_pipeline.cli import menu
from wfm_pipeline.definitions import build_definitions
from wfm_pipeline.settings import Settings, load_settings
from wfm_pipeline_tests.deployment_kit import ROOT, text_of

PAGES = [ROOT / "README.md", ROOT / "docs" / "runbook.md", *sorted((ROOT / "docs" / "how_to").rglob("*.*"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_variable_and_command_that_a_page_names_exists(page: Path) -> None:
    variables = {f"WFM_{name.upper()}" for name in Settings.model_fields} | {"WFM_CONFIG", "WFM_REAL_DATA"}
    commands = set(menu().commands)

    named = {name for name in re.findall(r"\bWFM_[A-Z_]*[A-Z]\b", text_of(page)) if not name.startswith("WFM_TEST_")}
    called = set(re.findall(r"(?:`|^|bin/|code )wfm ([a-z][a-z-]+)", text_of(page), flags=re.MULTILINE))

    assert set() == named - variables
    assert set() == called - commands


def test_every_switch_has_its_line_and_every_line_its_switch(clean_environment) -> None:
    repository = build_definitions(load_settings(home=clean_environment)).get_repository_def()
    pages = "".join(text_of(ROOT / "docs" / page) for page in ("how_to/run_every_night.md", "runbook.md"))

    schedules = {schedule.name for schedule in repository.schedule_defs}
    sensors = {sensor.name for sensor in repository.sensor_defs}

    assert schedules == set(re.findall(r"`(\w+_schedule)`", pages))
    assert set(re.findall(r"`(\w+_sensor)`", pages)) <= sensors
