"""One example in a folder of its own, read under a time limit; and how it is kept and read again."""

import hashlib
import signal
import tempfile
from contextlib import contextmanager
from pathlib import Path

from wfm_pipeline.errors import WfmError
from wfm_pipeline_tests.fuzz.loaders import Loader

LONGEST_SECONDS = 20
"""Time of one example, on a machine that does other things too [s]; the slowest good one takes half a second."""
KEPT = Path(".fuzz")
"""Folder of the examples that found something."""


class TooSlowError(BaseException):
    """No `except Exception` of the code under test may swallow it."""


def try_example(loader: Loader, files: dict[str, bytes]) -> bool:
    """True where the example was read, False where it was refused by an error of ours; all else is raised."""
    with tempfile.TemporaryDirectory(prefix="wfm_fuzz_") as name:
        folder = Path(name)
        write(files, folder)
        with _limited():
            try:
                loader.load(folder)
            except WfmError:
                return False
            return True


def write(files: dict[str, bytes], folder: Path) -> None:
    """The example's files in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)


def read(folder: Path) -> dict[str, bytes]:
    """An example that was kept."""
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def keep(loader: Loader, files: dict[str, bytes]) -> Path:
    """Keep an example; the folder is named after what is in it."""
    digest = hashlib.sha256(repr(sorted(files.items())).encode()).hexdigest()[:12]
    folder = KEPT / f"{loader.name}-{digest}"
    write(files, folder)
    return folder


@contextmanager
def _limited():
    def ring(_number, _frame):
        raise TooSlowError(f"longer than {LONGEST_SECONDS} s")

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, LONGEST_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
