"""The processes of the deployment files, by their own command lines: they serve, make one day, and end when they are told to."""

import contextlib
import datetime as dt
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
import yaml
from dagster import DagsterEvent, DagsterEventType, DagsterInstance
from dagster._grpc.types import ExecuteRunArgs

from wfm_pipeline.orchestration.instance.storage import LOCATION
from wfm_pipeline.orchestration.jobs import REFRESH
from wfm_pipeline_tests import deployment_kit as kit
from wfm_pipeline_tests.operating.dagster_client import DagsterClient, wait
from wfm_pipeline_tests.process_kit import WFM, environment, free_port
from wfm_pipeline_tests.server_kit import throw_away_database

pytestmark = pytest.mark.slow
_PROGRAMS = Path(sys.executable).parent
_ORDERLY_SECONDS = 60
"""How long systemd and Docker wait in our files before they kill."""


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sample")
    subprocess.run([*WFM, "sample", "--months", "2"], cwd=folder, env=environment(WFM_HOME=folder), check=True)
    return folder


class Place:
    """A folder in which the files' processes run, with this machine's paths, ports and databases for the files' own."""

    def __init__(self, folder, sample, **urls):
        self.home = folder / "home"
        self.dagster_home = self.home / "dagster"
        self.ports = {"4266": str(free_port()), "3000": str(free_port())}
        self._folder, self._started = folder, []
        shutil.copytree(sample, self.home)
        self.dagster_home.mkdir()
        self.values = {
            "PATH": f"{_PROGRAMS}{os.pathsep}{os.environ['PATH']}",
            "PYTHONUNBUFFERED": "1",
            "WFM_HOME": str(self.home),
            "DAGSTER_HOME": str(self.dagster_home),
            "WFM_SOURCE_URL": f"sqlite:///{self.home}/samples/contact_centre.sqlite",
            **urls,
        }

    @property
    def dagster(self):
        return DagsterClient(f"http://127.0.0.1:{self.ports['3000']}", LOCATION)

    @property
    def day(self):
        """A day of the sample that is over in every time zone."""
        return (dt.datetime.now(dt.UTC).date() - dt.timedelta(days=2)).isoformat()

    def workspace(self, shipped):
        """Our copy of a shipped workspace file, by the same name at another place."""
        written = yaml.safe_load(kit.text_of(shipped))
        (server,) = (entry["grpc_server"] for entry in written["load_from"])
        server |= {"host": "127.0.0.1", "port": int(self.ports[str(server["port"])])}
        (self._folder / "workspace.yaml").write_text(yaml.safe_dump(written))

    def here(self, words):
        own = {"0.0.0.0": "127.0.0.1", **self.ports}
        own |= {
            path: str(self._folder / "workspace.yaml")
            for path in ("/etc/wfm/workspace.yaml", "/srv/wfm/workspace.yaml")
        }
        program, *rest = (own.get(word, word).replace(":3000/", f":{self.ports['3000']}/") for word in words)
        return [str(_PROGRAMS / program), *rest]

    def environment(self, variables, **own):
        return environment(**{**{name: self.values[name] for name in variables}, **own})

    def start(self, process, **own):
        log = (self._folder / f"{process.words[0]}.log").open("w")
        started = subprocess.Popen(
            self.here(process.words), cwd=self._folder, env=self.environment(process.variables, **own),
            stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        log.close()
        self._started.append(psutil.Process(started.pid))

    def run(self, words, variables):
        return subprocess.run(
            self.here(words),
            cwd=self._folder,
            env=self.environment(variables),
            capture_output=True,
            text=True,
            check=False,
        )

    def stop(self):
        """Tell each process to end, the last started first; gives what did not, with all their children."""
        families = [[process, *process.children(recursive=True)] for process in self._started]
        for process in reversed(self._started):
            process.send_signal(signal.SIGTERM)
            psutil.wait_procs([process], timeout=_ORDERLY_SECONDS)
        return psutil.wait_procs([process for family in families for process in family], timeout=5)[1]

    def end(self):
        with contextlib.suppress(psutil.NoSuchProcess):
            for process in self.stop():
                process.kill()
        for log in sorted(self._folder.glob("*.log")):
            print(f"== {log.name}\n{log.read_text()}")  # noqa: T201  (pytest shows it where a test fails)


@pytest.fixture
def place(tmp_path, sample):
    """Makes the place of a test; whatever runs there ends with it."""
    made = []

    def make(**urls):
        made.append(Place(tmp_path, sample, **urls))
        return made[0]

    yield make
    for each in made:
        each.end()


@pytest.fixture
def databases():
    new = contextlib.contextmanager(throw_away_database)
    with new("WFM_TEST_POSTGRES_URL") as warehouse, new("WFM_TEST_POSTGRES_URL") as storage:
        yield {"WFM_WAREHOUSE_URL": warehouse, "WFM_DAGSTER_POSTGRES_URL": storage}


def serve(place, processes):
    for role in kit.ROLES:
        place.start(processes[role])
    wait_until_loaded(place)


def wait_until_loaded(place):
    wait(lambda: {LOCATION: "LOADED"} == place.dagster.locations(), 120, "the location to load")


def make_one_day(place):
    run = place.dagster.launch(REFRESH, place.day)
    place.dagster.succeed(run)
    assert 1 == place.dagster.materialised("silver/calls")["numMaterialized"]


def test_the_units_of_systemd(place):
    here = place()
    here.workspace(kit.OPERATE / "systemd" / "workspace.yaml")
    (here.dagster_home / "dagster.yaml").write_text(yaml.safe_dump(shipped_instance(is_postgres=False)))

    for first in kit.units_beginning():
        assert 0 == here.run(first.words, first.variables).returncode
    serve(here, kit.units_processes())
    make_one_day(here)

    assert [] == here.stop()


def test_the_containers_of_compose(databases, place):
    here = place(**databases)
    here.workspace(kit.OPERATE / "compose" / "workspace.yaml")
    shutil.copy(kit.ROOT / "dagster.yaml.example", here.dagster_home / "dagster.yaml")
    processes = kit.container_processes()

    serve(here, processes)
    make_one_day(here)

    answers = {role: here.run(kit.container_health(role), processes[role].variables) for role in kit.ROLES}
    assert dict.fromkeys(kit.ROLES, 0) == {role: done.returncode for role, done in answers.items()}, answers
    assert [] == here.stop()
    assert 0 != here.run(kit.container_health("webserver"), processes["webserver"].variables).returncode


def test_the_pods_of_kubernetes(databases, place, tmp_path):
    """The chart launches runs by a package that our image has not, and its code server has no dagster.yaml."""
    here = place(**databases)
    here.workspace(kit.OPERATE / "compose" / "workspace.yaml")
    (here.dagster_home / "dagster.yaml").write_text(yaml.safe_dump(kit.cluster_instance()))
    shutil.copytree(here.dagster_home, tmp_path / "webserver")

    here.start(kit.cluster_code(), DAGSTER_HOME=tmp_path / "not_there")
    here.start(kit.container_processes()["webserver"], DAGSTER_HOME=tmp_path / "webserver")
    wait_until_loaded(here)
    run = here.dagster.launch(REFRESH, here.day)
    pod = here.run(run_words(here, run), kit.cluster_code().variables | {"WFM_DAGSTER_POSTGRES_URL"})

    assert 0 == pod.returncode, pod.stderr
    here.dagster.succeed(run, seconds=5)
    assert ["dagster.yaml"] == [path.name for path in here.dagster_home.iterdir()], "in a pod nobody can write there"
    assert not (tmp_path / "not_there").exists()
    assert [] == here.stop()


def run_words(place, run_id):
    """What the daemon does in a cluster: it says that the run starts, and starts a pod with these words."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WFM_DAGSTER_POSTGRES_URL", place.values["WFM_DAGSTER_POSTGRES_URL"])
        with DagsterInstance.from_config(str(place.dagster_home)) as instance:
            instance.report_dagster_event(DagsterEvent(DagsterEventType.PIPELINE_STARTING.value, REFRESH), run_id)
            run = instance.get_run_by_id(run_id)
            words = ExecuteRunArgs(run.job_code_origin, run_id, instance.get_ref(), True).get_command_args()
    return ["dagster", *words[words.index("api") :]]


def shipped_instance(*, is_postgres):
    written = yaml.safe_load(kit.text_of(kit.ROOT / "dagster.yaml.example"))
    return written if is_postgres else {key: value for key, value in written.items() if key != "storage"}
