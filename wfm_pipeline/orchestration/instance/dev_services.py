"""`wfm dev`: Dagster's webserver, daemon and code server as one child process that ends when we end.

They share the instance of `wfm run` and open the location under the one name that workspace.yaml has too.
"""

import contextlib
import ipaddress
import os
import signal
import socket
import subprocess
import sys
from typing import Final

from wfm_pipeline.errors import SettingsError, WfmError
from wfm_pipeline.orchestration.instance.storage import open_instance, write_workspace
from wfm_pipeline.settings import Settings, child_environment, dagster_home

_ORDERLY_SECONDS: Final = 1.5
"""Time for Dagster's processes to end by themselves [s]; what is left then is killed, its runs with it."""
_QUIET: Final = {"PYTHONWARNINGS": "ignore:Function `dev_command` is superseded"}
"""`dg dev` is no part of what is installed to run; the one warning about that helps nobody here."""


def check_host(host: str, *, has_proxy: bool) -> None:
    """Refuse to be heard beyond this machine: Dagster's page has no login, and takes orders from any other page.

    Raises:
        SettingsError: others could reach the address, and nobody has said that a proxy with a login stands before it.
    """
    with contextlib.suppress(ValueError):
        if ipaddress.ip_address(host).is_loopback:
            return
    if host != "localhost" and not has_proxy:
        raise SettingsError(
            f"--host {host} would let everybody who reaches it start and end runs: the Dagster UI has no login. Leave it "
            "on 127.0.0.1 and come by an SSH tunnel, or put a proxy before it (docs/how_to/run_every_night.md) and say "
            "--i-have-a-proxy",
            got=host,
        )


def check_port(host: str, port: int) -> None:
    """Refuse a port that another program listens on, before anything is started.

    Raises:
        WfmError: it is taken, or this machine has no such address; the message names a free port.
    """
    try:
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OSError as error:
        raise WfmError(
            f"port {port} on {host} cannot be used ({error.strerror}): end the program that listens there, or take "
            f"another: wfm dev --port {_free_port()}",
            port=port,
            host=host,
        ) from None


def serve_ui(settings: Settings, *, host: str, port: int) -> None:
    """Run the Dagster UI and its daemon until they end or we are stopped; then none of them is left.

    Raises:
        WfmError: Dagster's storage cannot be opened, or the services ended by themselves.
    """
    open_instance(settings).dispose()
    workspace = write_workspace(dagster_home(settings))
    words = [sys.executable, "-m", "dagster", "dev", "-w", str(workspace), "-h", host, "-p", str(port)]
    child = subprocess.Popen(  # noqa: S603  (our own interpreter, fixed words)
        words,
        start_new_session=True,  # a Ctrl-C reaches us alone, and we end them in order
        env=child_environment(_QUIET),
    )
    try:
        code = child.wait()
    finally:
        _end(child)
    raise WfmError(f"the Dagster UI ended by itself with code {code}; its last lines above say why", code=code)


def _end(child: subprocess.Popen[bytes]) -> None:
    """Ask the services to end, and sweep up what is left of their group."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.terminate()
        child.wait(_ORDERLY_SECONDS)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])
