"""What the deployment files say, read from them: units, containers, Helm values, and the command line of every process.

Tests that parse those lines and tests that run them take them from here, so no test runs what no file says.
"""

import configparser
import shlex
from dataclasses import dataclass
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]
OPERATE = ROOT / "docs" / "how_to" / "operate"
UNITS = sorted((OPERATE / "systemd").glob("*.service"))
DOCKERFILE = OPERATE / "compose" / "Dockerfile"
ROLES = ("code", "daemon", "webserver")


@dataclass(frozen=True)
class Process:
    """One process: its words, the first of them a program's name, and the names of the variables that it is given."""

    words: tuple[str, ...]
    variables: frozenset[str]


def text_of(path):
    return path.read_text(encoding="utf-8")


def unit(path):
    """A systemd unit, section by section."""
    parser = configparser.ConfigParser(interpolation=None, strict=True)
    parser.optionxform = str
    parser.read(path, encoding="utf-8")
    return parser


def compose():
    return yaml.safe_load(text_of(OPERATE / "compose" / "compose.yaml"))


def helm_values():
    return yaml.safe_load(text_of(OPERATE / "kubernetes" / "values.yaml"))


def assignments(text):
    """Name -> value of an environment file, comments left out."""
    lines = [line for line in text.splitlines() if "=" in line and not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)


def image_variables():
    """Name -> value of what the image sets."""
    (line,) = [line for line in text_of(DOCKERFILE).splitlines() if line.startswith("ENV ")]
    return dict(word.split("=", 1) for word in shlex.split(line.removeprefix("ENV ")))


def units_processes():
    """Each systemd service by its name without `wfm-`."""
    variables = frozenset(assignments(text_of(OPERATE / "systemd" / "wfm.env")))
    return {
        path.stem.removeprefix("wfm-"): _process(shlex.split(unit(path)["Service"]["ExecStart"]), variables)
        for path in UNITS
    }


def units_beginning():
    """What systemd runs to its end before the processes of our units, each after the other."""
    variables = frozenset(assignments(text_of(OPERATE / "systemd" / "wfm.env")))
    lines = [unit(path)["Service"].get("ExecStartPre") for path in UNITS]
    return [_process(shlex.split(line), variables) for line in lines if line]


def container_processes():
    """Each container that is ours by its name."""
    services = {name: service for name, service in compose()["services"].items() if name in ROLES}
    return {
        name: _process(shlex.split(service["command"]), {*image_variables(), *_named_in(service["env_file"])})
        for name, service in services.items()
    }


def container_health(role):
    """The words that ask a container of ours whether it is well."""
    kind, *words = compose()["services"][role]["healthcheck"]["test"]
    assert "CMD" == kind, words
    return words


def cluster_code():
    """The code server as Dagster's chart starts it: `dagster api grpc` and the arguments of the values."""
    (deployment,) = helm_values()["dagster-user-deployments"]["deployments"]
    words = ["dagster", "api", "grpc", "-h", "0.0.0.0", "-p", str(deployment["port"])]
    variables = {*image_variables(), *_named_in(["wfm.env"])}  # the secret is made from that file
    return _process([*words, *deployment["dagsterApiGrpcArgs"]], variables)


def cluster_instance():
    """The dagster.yaml that Dagster's chart makes of the values."""
    values = helm_values()
    daemon = values["dagsterDaemon"]
    queue = daemon["runCoordinator"]["config"]["queuedRunCoordinator"]
    postgres = {"postgres_url": {"env": "WFM_DAGSTER_POSTGRES_URL"}}  # the chart writes host, user and password apart
    storage = {
        "schedule_storage": ("dagster_postgres.schedule_storage", "PostgresScheduleStorage", postgres),
        "run_storage": ("dagster_postgres.run_storage", "PostgresRunStorage", postgres),
        "event_log_storage": ("dagster_postgres.event_log", "PostgresEventLogStorage", postgres),
        "run_launcher": ("dagster_k8s", values["runLauncher"]["type"], {}),
        "run_coordinator": (
            "dagster.core.run_coordinator",
            daemon["runCoordinator"]["type"],
            {"max_concurrent_runs": queue["maxConcurrentRuns"]},
        ),
        "compute_logs": ("dagster.core.storage.noop_compute_log_manager", "NoOpComputeLogManager", {}),
    }
    classes = {
        name: {"module": module, "class": kind, "config": config} for name, (module, kind, config) in storage.items()
    }
    return {
        **classes,
        "run_monitoring": snake(daemon["runMonitoring"]),
        "run_retries": snake(daemon["runRetries"]),
        "retention": snake({key: value for key, value in values["retention"].items() if key != "enabled"}),
        "telemetry": values["telemetry"],
    }


def snake(values):
    """Keys as dagster.yaml writes them: `startTimeoutSeconds` is `start_timeout_seconds`."""
    if not isinstance(values, dict):
        return values
    return {
        "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in key): snake(value)
        for key, value in values.items()
    }


def _named_in(files):
    return {name for file in files for name in assignments(text_of(OPERATE / "compose" / f"{file}.example"))}


def _process(words, variables):
    return Process((Path(words[0]).name, *words[1:]), frozenset(variables))
