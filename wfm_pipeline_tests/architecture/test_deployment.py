"""Units, containers and Helm values: their commands are understood, they agree with each other, and they are as safe as the page says."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import click
import pytest
import yaml
from dagster._cli.api import grpc_command, grpc_health_check_command
from dagster._cli.code_server import start_command
from dagster._daemon.cli import liveness_check_command, run_command
from dagster_webserver.cli import dagster_webserver

from wfm_pipeline.cli import menu
from wfm_pipeline_tests import deployment_kit as kit
from wfm_pipeline_tests.architecture.chart_keys import CHART_KEYS

COMMANDS = {
    ("dagster", "code-server", "start"): start_command,
    ("dagster", "api", "grpc-health-check"): grpc_health_check_command,
    ("dagster", "api", "grpc"): grpc_command,
    ("dagster-daemon", "run"): run_command,
    ("dagster-daemon", "liveness-check"): liveness_check_command,
    ("dagster-webserver",): dagster_webserver,
}
PAGE = kit.ROOT / "docs" / "how_to" / "run_every_night.md"
HARDENED = {
    "CapabilityBoundingSet": "", "NoNewPrivileges": "yes", "PrivateDevices": "yes", "PrivateTmp": "yes", "ProtectHome": "yes",
    "ProtectKernelModules": "yes", "ProtectKernelTunables": "yes", "ProtectSystem": "strict", "RestrictNamespaces": "yes",
    "SystemCallFilter": "@system-service",
}  # fmt: skip
MOST_EXPOSED = 20
"""Ten times what `systemd-analyze security` may find at most, of 100: 17 is what a service on the network has here."""


def said(*words: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(word) for word in words], check=False, capture_output=True, text=True)


def command_lines() -> list[tuple[str, ...]]:
    processes = [*kit.units_processes().values(), *kit.container_processes().values(), kit.cluster_code()]
    health = [tuple(kit.container_health(role)) for role in kit.ROLES]
    return [*(process.words for process in processes), *(words for words in health if words[0] != "python")]


@pytest.mark.parametrize("line", command_lines(), ids=" ".join)
def test_every_command_line_of_the_units_and_containers_is_understood(line: tuple[str, ...]) -> None:
    if line[0] == "wfm":
        assert line[1] in menu().commands
        return
    words, command = next((words, command) for words, command in COMMANDS.items() if line[: len(words)] == words)
    here = [re.sub(r"^/(etc|srv)/wfm/workspace.yaml$", str(kit.ROOT / "workspace.yaml"), word) for word in line]

    context = command.make_context("x", here[len(words) :])

    assert isinstance(context, click.Context)


def after(words: tuple[str, ...], *options: str) -> str:
    return next(words[place + 1] for place, word in enumerate(words) if word in options)


def test_all_that_talk_to_each_other_name_the_same_ports() -> None:
    processes = [kit.units_processes(), kit.container_processes(), {"code": kit.cluster_code()}]
    code = {after(each["code"].words, "--port", "-p") for each in processes}
    ui = {after(each["webserver"].words, "--port", "-p") for each in processes if "webserver" in each}
    proxy = re.findall(r"proxy_pass http://127.0.0.1:(\d+);", kit.text_of(kit.OPERATE / "nginx" / "wfm.conf"))
    asked = re.findall(r"127.0.0.1:(\d+)/", " ".join(kit.container_health("webserver")))

    assert code == {after(tuple(kit.container_health("code")), "--port")} | {str(port) for port in served_ports()}
    assert ui == {*proxy, *asked, *(port.split(":")[2] for port in kit.compose()["services"]["webserver"]["ports"])}


def served_ports() -> Iterator[int]:
    for folder in ("systemd", "compose"):
        (served,) = yaml.safe_load(kit.text_of(kit.OPERATE / folder / "workspace.yaml"))["load_from"]
        yield served["grpc_server"]["port"]


@pytest.mark.parametrize("name", ["systemd/workspace.yaml", "compose/workspace.yaml"])
def test_the_location_has_one_name_however_it_is_started(name: str) -> None:
    (served,) = yaml.safe_load(kit.text_of(kit.OPERATE / name))["load_from"]
    (loaded,) = yaml.safe_load(kit.text_of(kit.ROOT / "workspace.yaml"))["load_from"]
    started = {after(line, "--location-name") for line in command_lines() if "--location-name" in line}

    assert {loaded["python_module"]["location_name"]} == {served["grpc_server"]["location_name"], *started}


@pytest.mark.parametrize("path", kit.UNITS, ids=lambda path: path.stem)
def test_a_unit_runs_as_its_own_user_with_secrets_from_a_file_and_may_little(path: Path) -> None:
    service = kit.unit(path)["Service"]

    assert ("wfm", "/etc/wfm/wfm.env", "0077") == (service["User"], service["EnvironmentFile"], service["UMask"])
    assert kit.assignments(kit.text_of(kit.OPERATE / "systemd" / "wfm.env"))["WFM_HOME"] == service["ReadWritePaths"]
    assert HARDENED == {name: service.get(name) for name in HARDENED}
    assert "0.0.0.0" not in service["ExecStart"]
    assert "WFM_" not in service["ExecStart"]


@pytest.fixture
def units_here(tmp_path: Path) -> list[Path]:
    """The units with programs and a user that this machine has."""
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze is not installed: the units are only parsed in this run")
    for path in (*kit.UNITS, *(kit.OPERATE / "systemd").glob("*.timer")):
        here = re.sub(r"/srv/wfm/\.venv/bin/[\w-]+", "/bin/true", kit.text_of(path))
        (tmp_path / path.name).write_text(re.sub(r"=wfm$", "=daemon", here, flags=re.MULTILINE), encoding="utf-8")
    return sorted(tmp_path.iterdir())


def test_systemd_finds_no_fault_in_the_units(units_here: list[Path]) -> None:
    checked = said("systemd-analyze", "verify", *units_here)

    assert (0, "") == (checked.returncode, checked.stderr)


def test_systemd_finds_the_units_little_exposed(units_here: list[Path]) -> None:
    services = [path for path in units_here if path.suffix == ".service"]

    checked = said(
        "systemd-analyze", "security", "--no-pager", "--offline=true", f"--threshold={MOST_EXPOSED}", *services
    )

    assert 0 == checked.returncode, checked.stdout + checked.stderr


def test_containers_are_not_root_hold_no_password_and_publish_on_loopback_only() -> None:
    services = kit.compose()["services"]
    ours = {name: service for name, service in services.items() if name != "postgres"}

    assert set(kit.ROLES) == set(ours)
    assert all(service["read_only"] and ["ALL"] == service["cap_drop"] for service in ours.values())
    assert {"code"} == {name for name, service in ours.items() if "wfm.env" in service["env_file"]}
    assert all("healthcheck" in service for service in services.values())
    assert ["127.0.0.1:3000:3000"] == [port for service in services.values() for port in service.get("ports", [])]
    assert "POSTGRES_PASSWORD_FILE" in services["postgres"]["environment"]
    assert "POSTGRES_PASSWORD" not in services["postgres"]["environment"]
    for source in (volume.split(":")[0] for service in services.values() for volume in service.get("volumes", [])):
        assert not source.startswith(".") or (kit.OPERATE / "compose" / source).exists(), source


def test_the_image_is_built_of_hashed_packages_and_of_nothing_else_than_the_program() -> None:
    lines = kit.text_of(kit.DOCKERFILE).replace("\\\n", " ").splitlines()
    copied = [
        word for line in lines if line.startswith("COPY ") and "--from" not in line for word in line.split()[1:-1]
    ]
    sent = re.findall(r"^!(.+)$", kit.text_of(kit.DOCKERFILE.with_name("Dockerfile.dockerignore")), re.MULTILINE)
    installs = [line for line in lines if "pip install" in line]

    assert sorted(copied) == sorted(sent)
    assert [] == [name for name in copied if not (kit.ROOT / name).exists()]
    assert [["--require-hashes", "--requirement requirements.lock"], ["--no-deps", "--editable ."]] == [
        re.findall(r"--require-hashes|--requirement \S+|--no-deps|--editable \.", line) for line in installs
    ]
    assert "USER 10001" == lines[-1]
    assert {"PATH", "PYTHONUNBUFFERED", "WFM_HOME", "DAGSTER_HOME"} == set(kit.image_variables())


def test_images_have_a_version_and_no_host() -> None:
    images = re.findall(r"^FROM (\S+)", kit.text_of(kit.DOCKERFILE), re.MULTILINE)
    images += [kit.compose()["services"]["postgres"]["image"]]

    assert [] == [image for image in images if not re.fullmatch(r"[a-z]+:\d[\w.-]+", image)]
    assert 1 == len({image for image in images if image.startswith("python:")})


def test_helm_values_have_no_key_that_the_chart_does_not_know() -> None:
    unknown = [
        f"{where}.{key}" for where, keys in _sections(kit.helm_values()) for key in keys if key not in CHART_KEYS[where]
    ]

    assert [] == unknown


def _sections(values: dict, where: str = "") -> Iterator[tuple[str, list[str]]]:
    """Every section of which the chart's keys are written down; below the others begins what is Kubernetes' own."""
    yield where, list(values)
    for key, value in values.items():
        for entry in value if isinstance(value, list) else [value]:
            below = f"{where}.{key}".lstrip(".")
            if isinstance(entry, dict) and below in CHART_KEYS:
                yield from _sections(entry, below)


def test_helm_values_run_our_image_as_compose_does() -> None:
    values = kit.helm_values()
    (code,) = values["dagster-user-deployments"]["deployments"]
    launcher = values["runLauncher"]["config"]["k8sRunLauncher"]
    claims = [made["metadata"]["name"] for made in values["extraManifests"]]
    mounts = {mount["name"]: mount["mountPath"] for mount in code["volumeMounts"]}

    assert (kit.compose()["x-wfm"]["image"], version("wfm-pipeline")) == (
        code["image"]["repository"],
        code["image"]["tag"],
    )
    assert {"data": kit.image_variables()["WFM_HOME"], "tmp": "/tmp"} == mounts
    assert claims == [
        volume["persistentVolumeClaim"]["claimName"] for volume in code["volumes"] if "emptyDir" not in volume
    ]
    assert f"USER {code['podSecurityContext']['runAsUser']}\n" in kit.text_of(kit.DOCKERFILE)
    assert code["securityContext"]["readOnlyRootFilesystem"]
    assert (code["podSecurityContext"], code["securityContext"]) == (
        launcher["runK8sConfig"]["podSpecConfig"]["securityContext"],
        launcher["securityContext"],
    )


def test_helm_values_tell_dagster_what_its_own_file_tells_it() -> None:
    ours = yaml.safe_load(kit.text_of(kit.ROOT / "dagster.yaml.example"))
    charts = kit.cluster_instance()

    both = ("run_monitoring", "run_retries", "retention", "telemetry")
    assert {name: ours[name] for name in both} == {name: charts[name] for name in both}
    assert ours["concurrency"]["runs"] == charts["run_coordinator"]["config"]


def test_the_page_names_the_chart_of_our_dagster_and_every_secret_of_the_values() -> None:
    page, values = kit.text_of(PAGE), kit.helm_values()
    (code,) = values["dagster-user-deployments"]["deployments"]
    secrets = [values["global"]["postgresqlSecretName"], *(secret["name"] for secret in code["envSecrets"])]

    assert [version("dagster")] == re.findall(r"--version (\S+)", page)
    assert set(secrets) == set(re.findall(r"create secret generic (\S+)", page))


def test_docker_compose_accepts_the_file(tmp_path: Path) -> None:
    if not shutil.which("docker") or said("docker", "compose", "version").returncode != 0:
        pytest.skip("docker compose is not installed: the file is only parsed in this run")
    folder = shutil.copytree(kit.OPERATE / "compose", tmp_path / "a" / "b" / "c" / "compose")
    for example in folder.glob("*.example"):
        example.rename(example.with_suffix(""))

    checked = said("docker", "compose", "--file", folder / "compose.yaml", "config", "--quiet")

    assert (0, "") == (checked.returncode, checked.stderr)


def test_hadolint_finds_no_fault_in_the_dockerfile() -> None:
    if not shutil.which("hadolint"):
        pytest.skip("hadolint is not installed: the Dockerfile is only read in this run")

    # DL3008: Debian keeps one version of a package, so a pinned one is gone with the next repair.
    checked = said("hadolint", "--ignore", "DL3008", kit.DOCKERFILE)

    assert (0, "") == (checked.returncode, checked.stdout)


def test_helm_makes_manifests_of_the_values() -> None:
    chart = os.environ.get("WFM_TEST_DAGSTER_CHART")
    if not chart or not shutil.which("helm"):
        pytest.skip(
            "helm is not installed or WFM_TEST_DAGSTER_CHART names no chart: the values' keys are only compared"
        )
    values = kit.OPERATE / "kubernetes" / "values.yaml"

    made = said("helm", "template", "wfm", chart, "--values", values)

    assert 0 == made.returncode, made.stderr
    assert "wfm-data" in made.stdout
