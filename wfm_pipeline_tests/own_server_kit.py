"""A PostgreSQL server of a test's own, to be stopped and started: never the one that variables name.

Not here: databases on servers that run anyway (server_kit).
"""

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True)
class OwnServer:
    """A server that may be stopped.

    Attributes:
        folder: Its data.
        port: Where it listens, on 127.0.0.1.
        user: Who runs it; None = who runs the test. PostgreSQL does not run as root.
    """

    folder: Path
    port: int
    user: str | None

    @property
    def url(self) -> str:
        """URL of its database, for any driver that `postgresql://` means."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        options = f"-p {self.port} -c fsync=off -c listen_addresses=127.0.0.1 -c unix_socket_directories="
        self._run("pg_ctl", "-D", str(self.folder), "-l", str(self.folder / "log"), "-w", "-o", options, "start")

    def stop(self, mode: str = "immediate") -> None:
        """Stop it; `immediate` is as if it fell over."""
        self._run("pg_ctl", "-D", str(self.folder), "-w", "-m", mode, "stop")

    def _run(self, *words: str) -> None:
        # Its output goes to a file: the server inherits a pipe, and whoever reads that waits for ever.
        with (self.folder.parent / "said").open("w+b") as out:
            done = subprocess.run(words, stdout=out, stderr=out, user=self.user, check=False, cwd="/")
            out.seek(0)
            assert 0 == done.returncode, out.read().decode()


@contextlib.contextmanager
def own_postgres() -> Iterator[OwnServer]:
    """A new server that runs; stopped and deleted at the end. Skips where PostgreSQL's programs are not installed."""
    if not shutil.which("initdb") or not shutil.which("pg_ctl"):
        pytest.skip("initdb and pg_ctl are not on the path: no server of the test's own")
    user = _unprivileged() if os.geteuid() == 0 else None
    above = Path(tempfile.mkdtemp(prefix="wfm_own_server_"))
    try:
        if user:
            shutil.chown(above, user)
        server = OwnServer(above / "data", _free_port(), user)
        server._run(
            "initdb",
            "-D",
            str(server.folder),
            "-U",
            "postgres",
            "--auth=trust",
            "--no-sync",
            "-E",
            "UTF8",
            "--locale=C",
        )
        server.start()
        yield server
        with contextlib.suppress(AssertionError):
            server.stop()
    finally:
        shutil.rmtree(above)


def _unprivileged() -> str:
    with contextlib.suppress(KeyError):
        return pwd.getpwnam("postgres").pw_name
    return pytest.skip("PostgreSQL does not run as root, and there is no user postgres")


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
