"""What the operating pages and files name exists: settings, commands, switches, options; and they are as safe as the pages say."""

import configparser
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import click
import pytest
import yaml
from dagster._cli.api import grpc_health_check_command
from dagster._cli.code_server import start_command
from dagster._daemon.cli import run_command
from dagster_webserver.cli import dagster_webserver

from wfm_pipeline.cli import menu
from wfm_pipeline.definitions import build_definitions
from wfm_pipeline.settings import Settings, load_settings

ROOT = Path(__file__).parents[2]
OPERATE = ROOT / "docs" / "how_to" / "operate"
UNITS = sorted((OPERATE / "systemd").glob("*.service"))
PAGES = [ROOT / "README.md", ROOT / "docs" / "runbook.md", *sorted((ROOT / "docs" / "how_to").rglob("*.*"))]
COMMANDS = {
    ("dagster", "code-server", "start"): start_command,
    ("dagster", "api", "grpc-health-check"): grpc_health_check_command,
    ("dagster-daemon", "run"): run_command,
    ("dagster-webserver",): dagster_webserver,
}


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


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


def compose() -> dict:
    return yaml.safe_load(text_of(OPERATE / "compose" / "compose.yaml"))


def unit(path: Path) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None, strict=True)
    parser.optionxform = str
    parser.read(path, encoding="utf-8")
    return parser


def all_command_lines() -> list[list[str]]:
    services = compose()["services"]
    lines = [shlex.split(unit(path)["Service"]["ExecStart"]) for path in UNITS]
    lines += [shlex.split(service["command"]) for service in services.values() if "command" in service]
    lines += [services["code"]["healthcheck"]["test"][1:]]
    return [[Path(line[0]).name, *line[1:]] for line in lines]


@pytest.mark.parametrize("line", all_command_lines(), ids=" ".join)
def test_every_command_line_of_the_units_and_containers_is_understood(line: list[str]) -> None:
    if line[0] == "wfm":
        assert line[1] in menu().commands
        return
    words, command = next((words, command) for words, command in COMMANDS.items() if tuple(line[: len(words)]) == words)

    here = [re.sub(r"^/(etc|srv)/wfm/workspace.yaml$", str(ROOT / "workspace.yaml"), word) for word in line]

    context = command.make_context("x", here[len(words) :])

    assert isinstance(context, click.Context)


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.stem)
def test_a_unit_runs_as_its_own_user_with_secrets_from_a_file(path: Path) -> None:
    service = unit(path)["Service"]

    assert ("wfm", "/etc/wfm/wfm.env", "0077") == (service["User"], service["EnvironmentFile"], service["UMask"])
    assert ("strict", "/srv/wfm/data") == (service["ProtectSystem"], service["ReadWritePaths"])
    assert "0.0.0.0" not in service["ExecStart"]
    assert "WFM_" not in service["ExecStart"]


def test_containers_are_not_root_hold_no_password_and_publish_on_loopback_only() -> None:
    services = compose()["services"]
    ours = {name: service for name, service in services.items() if name != "postgres"}

    assert {"code", "daemon", "webserver"} == set(ours)
    assert {("10001", "wfm.env")} == {(service["user"], service["env_file"]) for service in ours.values()}
    assert ["127.0.0.1:3000:3000"] == [port for service in services.values() for port in service.get("ports", [])]
    assert "POSTGRES_PASSWORD_FILE" in services["postgres"]["environment"]
    assert "POSTGRES_PASSWORD" not in services["postgres"]["environment"]
    assert "USER wfm\n" in text_of(OPERATE / "compose" / "Dockerfile")
    for source in (volume.split(":")[0] for service in services.values() for volume in service.get("volumes", [])):
        assert not source.startswith(".") or (OPERATE / "compose" / source).exists(), source


@pytest.mark.parametrize("name", ["systemd/workspace.yaml", "compose/workspace.yaml"])
def test_the_location_has_one_name_however_it_is_started(name: str) -> None:
    (served,) = yaml.safe_load(text_of(OPERATE / name))["load_from"]
    (loaded,) = yaml.safe_load(text_of(ROOT / "workspace.yaml"))["load_from"]
    started = {line[line.index("--location-name") + 1] for line in all_command_lines() if "--location-name" in line}

    assert {loaded["python_module"]["location_name"]} == {served["grpc_server"]["location_name"], *started}


def test_systemd_finds_no_fault_in_the_units(tmp_path: Path) -> None:
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze is not installed: the units are only parsed in this run")
    for path in (*UNITS, *(OPERATE / "systemd").glob("*.timer")):
        here = re.sub(r"/srv/wfm/\.venv/bin/[\w-]+", "/bin/true", text_of(path))  # the user and programs of the target
        (tmp_path / path.name).write_text(re.sub(r"=wfm$", "=root", here, flags=re.MULTILINE), encoding="utf-8")

    checked = subprocess.run(
        ["systemd-analyze", "verify", *sorted(tmp_path.iterdir())], check=False, capture_output=True, text=True
    )

    assert (0, "") == (checked.returncode, checked.stderr)
