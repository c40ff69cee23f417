"""Canaries: every `wfm` command as a process, with secrets that are known, and a search for them in every place.

Each command of each scenario has secrets of its own, so that a leak names the command it came from. The commands
are forked from one process that has imported everything. Not here: what must hold (faults/test_canaries.py), and the
page that says so (tools/write_canary_table.py).
"""

import importlib
import json
import os
import pkgutil
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import duckdb
import sqlalchemy as sa

import wfm_pipeline.cli
from wfm_pipeline_tests.process_kit import environment

_MARK = re.compile(rb"kanari(\d{5})|6b616e617269((?:3\d){5})")
"""A canary as text, or in the hexadecimal digits that PostgreSQL writes bytes in."""
_SIMULATED = ["--calls", "10", "--interval-seconds", "1800", "--aht-seconds", "200", "--answer-target-seconds", "20"]
COMMANDS = {
    "init": ["init", "--force"],
    "sample": ["sample", "--if-older", "--months", "2", "--last-date", "2026-06-25"],
    "run": ["run"],
    "doctor": ["doctor", "--json"],
    "load": ["load", "anonymous_bank", "calls.csv", "--to", "{to}"],
    "source": ["source", "propose", "{to}", "--table", "calls"],
    "check": ["check", "telephony", "--rows", "5"],
    "findings": ["findings"],
    "publish": ["publish"],
    "alerts": ["alerts", "test"],
    "upgrade": ["upgrade"],
    "staff": ["staff", *_SIMULATED, "--service-level-target", "0.8"],
    "simulate": ["simulate", *_SIMULATED, "--agents", "5"],
    "planners": ["planners"],
    "reforecast": ["reforecast", "--refresh"],
    "long-range": ["long-range"],
    "capacity": ["capacity"],
    "allocate": ["allocate", "--from", "2026-W20", "--to", "2026-W20"],
    "assignments": ["assignments", "--week", "2026-W20"],
    "model-fit": ["model-fit"],
    "backtest": ["backtest", "--horizon", "7d"],
    "backtest-intraday": ["backtest-intraday", "--days", "3"],
    "monitor": ["monitor", "--once"],
    "coverage-history": ["coverage-history", "--from", "2026-06-25", "--to", "2026-06-25"],
    "backlog": ["backlog", "--make"],
    "replay": ["replay", "--date", "2026-06-25", "--to", "sqlite:///live.sqlite", "--speed", "0", "--every", "3600"],
    "dev": ["dev", "--port", "{port}"],
}
QUICK = (
    "init",
    "sample",
    "run",
    "doctor",
    "load",
    "source",
    "check",
    "findings",
    "publish",
    "alerts",
    "upgrade",
    "staff",
    "simulate",
)
"""Commands whose success is looked at in every run of the tests; the others' in the slow ones."""
READS = {
    "source": ("run", "doctor", "load", "source", "check", "reforecast"),
    "warehouse": [
        name
        for name in COMMANDS
        if name not in {"init", "sample", "load", "source", "check", "staff", "simulate", "monitor", "dev"}
    ],
    "live": ("monitor", "coverage-history"),
    "dagster_postgres": ("run",),  # Dagster tries for twelve seconds
}
"""Setting -> commands that come to its URL soon; their failures are looked at in every run of the tests."""
_UP = "Serving dagster-webserver"
"""What `wfm dev` says once it works; then it is stopped."""
_CALLS = (
    "vru+line,call_id,customer_id,priority,type,date,vru_entry,vru_exit,vru_time,q_start,q_exit,q_time,outcome,ser_start,"
    "ser_exit,ser_time,server\nA,1,0,0,PS,1999-03-01,10:00:00,10:00:05,5,00:00:00,00:00:00,0,AGENT,10:00:05,10:01:05,60,B\n"
)
WELL = "success"
"""Name of the scenarios in which everything is right."""
ENDS = {"alerts": 1, "dev": 143}
"""Exit codes of commands that end well and not with 0: the canaries' mail server does not answer, and `wfm dev` is stopped."""
PLACES = ("stdout", "stderr", "files", "DuckDB and SQLite tables", "PostgreSQL tables")
FAULTS = {
    "wrong host": "{scheme}://u:{password}@127.0.0.1:1/db",
    "wrong password": "{scheme}://nobody:{password}@{server}/db",
    "unreadable": "{scheme}://u:{token}@{token}/x:{token}@127.0.0.1/db",
    "port that is none": "{scheme}://u:{token}/{token}",
    "wrong driver": "klingon://u:{password}@127.0.0.1/db",
    "secret in the options": "{scheme}://u@127.0.0.1:1/db?passwd={password}",
}
"""Ways in which a database's URL is wrong."""
ODBC = "mysql+pyodbc:///?odbc_connect=DRIVER%3D%7BMariaDB+Unicode%7D%3BSERVER%3D127.0.0.1%3BPORT%3D1%3BUID%3Du%3BPWD%3D{password}"
_SCHEMES = {
    "source": "mysql+pymysql",
    "live": "postgresql",
    "warehouse": "postgresql",
    "dagster_postgres": "postgresql",
}
_SERVERS = {
    "source": "WFM_TEST_MARIADB_URL",
    "warehouse": "WFM_TEST_POSTGRES_URL",
    "live": "WFM_TEST_POSTGRES_URL",
    "dagster_postgres": "WFM_TEST_POSTGRES_URL",
}


def faults():
    """Every way of failing: name -> the setting that is wrong, and how."""
    found = {f"{name}: {fault}": (name, url) for name in _SCHEMES for fault, url in FAULTS.items()}
    return {**found, "source: wrong host by ODBC": ("source", ODBC)}


def faulty(name, url, token):
    """The wrong URL with its secret; the password has a blank and every sign that divides a URL."""
    given = os.environ.get(_SERVERS[name])
    server = sa.make_url(given) if given else None
    address = f"{server.host}:{server.port}" if server else "127.0.0.1:1"
    return url.format(scheme=_SCHEMES[name], server=address, token=token, password=quote(f"{token} /:@%&{token}"))


def settings_of(home, token, **more):
    """Settings of one command, with a secret in each that can hold one."""
    alerts = {"email_host": "127.0.0.1", "email_port": 1, "email_from": "a@b.example", "email_to": "a@b.example"}
    alerts |= {"email_user": "u", "email_password": token, "email_security": "none"}
    alerts |= {"webhook_url": f"http://127.0.0.1:1/{token}", "webhook_token": token}
    alerts |= {"apprise_urls": f"json://127.0.0.1:1/{token}", "channels": "log,email,webhook,apprise"}
    quick = {"retry_attempts": 1, "step_retries": 0, "num_threads": 1, "backtest_origins": 1, "writer_wait_seconds": 5}
    own = {
        "home": home,
        "pseudonym_key": token * 3,
        **quick,
        **{f"alert_{name}": value for name, value in alerts.items()},
    }
    return {f"WFM_{name.upper()}": str(value) for name, value in {**own, **more}.items()}


@dataclass(frozen=True)
class Scenario:
    """One way for commands to succeed or fail.

    Attributes:
        name: What it is; a fault names the setting that is wrong.
        urls: What the URLs are, by a canary.
        commands: Which commands.
        databases: PostgreSQL databases to look into afterwards.
    """

    name: str
    urls: Callable[[str], Mapping[str, str]]
    commands: Collection[str]
    databases: Collection[str] = ()

    def jobs(self, root, first):
        """The commands as jobs of a process, in a folder of their own; canaries are counted from `first`."""
        folder = root / re.sub(r"\W+", "_", self.name)
        folder.mkdir(parents=True)
        (folder / "calls.csv").write_text(_CALLS, encoding="utf-8")
        return [self._job(folder, number, name) for number, name in enumerate(self.commands, first)]

    def _job(self, folder, number, name):
        token = f"kanari{number:05d}"
        urls = dict(self.urls(token))
        with closing(socket.create_server(("127.0.0.1", 0))) as free:
            words = [word.format(to=urls["source_url"], port=free.getsockname()[1]) for word in COMMANDS[name]]
        variables = settings_of(folder / "home", token, **urls)
        return {
            "folder": str(folder),
            "name": name,
            "words": words,
            "variables": variables,
            "until": _UP if name == "dev" else "",
        }


@dataclass(frozen=True)
class Found:
    """What a run of scenarios came to.

    Attributes:
        codes: (scenario, command) -> exit code.
        leaks: (scenario, command, place) of every canary where none should be.
    """

    codes: Mapping[tuple[str, str], int]
    leaks: Collection[tuple[str, str, str]]


def run_all(root, scenarios):
    """Run the commands of all scenarios, each a process of its own."""
    jobs, numbers = [], {}
    for scenario in scenarios:
        first = len(numbers)
        numbers |= {first + n: (scenario.name, command) for n, command in enumerate(scenario.commands)}
        jobs.append(scenario.jobs(root, first))
    servers = [_server(root, half, [job for made in jobs[half::2] for job in made]) for half in (0, 1)]
    codes = [json.loads(line) for server in servers for line in server.communicate()[0].splitlines()]
    assert [0, 0] == [server.returncode for server in servers]
    databases = {url for scenario in scenarios for url in scenario.databases}
    leaks = {(*numbers[n], place) for place, found in leaks_of(root, databases).items() for n in found}
    names = {job["folder"]: scenario.name for scenario, made in zip(scenarios, jobs, strict=True) for job in made}
    return Found({(names[folder], command): code for folder, command, code, _seconds in codes}, leaks)


def lines_of(found):
    """Command and how it ended -> its line in the table of `docs/safety.md`, of what was run."""
    ran = {(command, "well" if name == WELL else "badly") for one in found for name, command in one.codes}
    leaks = {
        (command, "well" if name == WELL else "badly", place) for one in found for name, command, place in one.leaks
    }
    return {
        key: f"| `{key[0]}` | {key[1]} | {' | '.join('LEAKS' if (*key, p) in leaks else 'clean' for p in PLACES)} |"
        for key in ran
    }


def table(found):
    """The table: command x success or failure x place; what was not run has no line."""
    lines = lines_of(found)
    keys = [(command, end) for command in COMMANDS for end in ("well", "badly")]
    head = [f"| command | ends | {' | '.join(PLACES)} |", f"|---|---|{'---|' * len(PLACES)}"]
    return "\n".join([*head, *(lines[key] for key in keys if key in lines)])


def _server(root, half, jobs):
    path = root / f"{half}.jobs"
    path.write_text(json.dumps(jobs), encoding="utf-8")
    words = [sys.executable, "-m", "wfm_pipeline_tests.canary_kit", str(path)]
    return subprocess.Popen(words, cwd=root, env=environment(WFM_HOME=root / "none"), stdout=subprocess.PIPE, text=True)


def serve(path):
    """In the process that has imported everything: fork each command, and say how it ended."""
    for module in pkgutil.walk_packages(wfm_pipeline.__path__, "wfm_pipeline."):
        importlib.import_module(module.name)
    for job in json.loads(path.read_text(encoding="utf-8")):
        started = time.monotonic()
        child = os.fork()
        if not child:
            _become(Path(job["folder"]), job)
        code = _end_of(child, Path(job["folder"]) / f"{job['name']}.stdout", job["until"])
        sys.stdout.write(json.dumps([job["folder"], job["name"], code, round(time.monotonic() - started, 1)]) + "\n")
        sys.stdout.flush()


def _become(folder, job):
    for number, name in ((1, "stdout"), (2, "stderr")):
        os.dup2(os.open(folder / f"{job['name']}.{name}", os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
    os.chdir(folder)
    os.environ.update(job["variables"])
    sys.argv = ["wfm", *job["words"]]
    code = 1
    try:
        wfm_pipeline.cli.main()
    except SystemExit as end:
        code = end.code
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)  # threads of libraries are not there after a fork, and an orderly end would wait for them


def _end_of(child, said, until, seconds=120.0):
    """The exit code; a command that does not end by itself is stopped once it has said `until`."""
    deadline = time.monotonic() + seconds
    while until:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        if until in (said.read_text() if said.exists() else "") or time.monotonic() > deadline:
            os.kill(child, signal.SIGTERM)
            break
        time.sleep(0.2)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def leaks_in(texts):
    """Numbers of the canaries in these pieces of bytes."""
    found = [mark for text in texts for mark in _MARK.findall(text)]
    return {int(plain) if plain else int(bytes.fromhex(digits.decode())) for plain, digits in found}


def leaks_of(folder, databases=()):
    """Place -> numbers of the canaries that are in it."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.suffix != ".jobs"]
    said = {kind: [path for path in files if path.suffix == f".{kind}"] for kind in PLACES[:2]}
    kept = [path for path in files if path not in said["stdout"] and path not in said["stderr"]]
    return {
        **{kind: leaks_in(path.read_bytes() for path in paths) for kind, paths in said.items()},
        "files": leaks_in([*(path.read_bytes() for path in kept), *(str(path).encode() for path in files)]),
        "DuckDB and SQLite tables": leaks_in(row for path in kept for row in _rows_of(path)),
        "PostgreSQL tables": leaks_in(row for url in databases for row in _rows_of_postgres(url)),
    }


def _rows_of(path):
    with path.open("rb") as file:
        head = file.read(16)
    if head.startswith(b"SQLite format 3"):
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db, suppress(sqlite3.OperationalError):
            yield from (line.encode() for line in db.iterdump())
    if head[8:12] == b"DUCK":
        with closing(duckdb.connect(str(path), read_only=True)) as db:
            for schema, table in db.execute("select schema_name, table_name from duckdb_tables()").fetchall():
                rows = db.execute(f'select t::varchar from "{schema}"."{table}" t where t::varchar like \'%kanari%\'')
                yield from (row.encode() for (row,) in rows.fetchall())


def _rows_of_postgres(url):
    engine = sa.create_engine(sa.make_url(url).set(drivername="postgresql+psycopg"), poolclass=sa.NullPool)
    with engine.connect() as db:
        names = "select format('%I.%I', schemaname, tablename) from pg_tables where schemaname !~ '^(pg_|information_)'"
        for name in db.scalars(sa.text(names)).all():
            rows = f"select t::text from {name} t where t::text like '%kanari%' or t::text like '%6b616e617269%'"
            yield from (row.encode() for row in db.scalars(sa.text(rows)))
    engine.dispose()


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
