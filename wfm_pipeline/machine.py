"""The machine under us: its faults in words, and files that are written whole or not at all.

The one place that knows how operating systems and drivers say that a disk is full, a folder is
read-only or memory is out. Whoever talks to a user about an error that is not ours asks here first;
what a damaged file means is known where it is opened (warehouse, published copy, Dagster's storage).
"""

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from wfm_pipeline.errors import DataError, MachineError, SettingsError

_LONGEST_DETAIL: Final = 200
_PRIVATE: Final = 0o600
_FULL_BELOW_BYTES: Final = 256 * 1024
"""With less than this free a disk is full: SQLite then says `disk I/O error` and DuckDB gives up without a reason."""


@dataclass(frozen=True, slots=True)
class _Fault:
    """How drivers and the system say a fault, what it is, and what mends it."""

    words: tuple[str, ...]
    what: str
    mend: str


_FULL: Final = _Fault(
    (
        "No space left on device",
        "Disk quota exceeded",
        "File too large",
        "database or disk is full",
        "max_temp_directory_size",
        "Got error 28",
        "errno: 28",
    ),
    "the disk is full",
    "free some room there, or set WFM_HOME (TMPDIR for files in passing) to another disk",
)
_FAULTS: Final = (
    _FULL,
    _Fault(
        ("Read-only file system", "attempt to write a readonly database"),
        "the disk may only be read",
        "mount it writable, or set WFM_HOME to a folder that is",
    ),
    _Fault(
        ("Permission denied", "unable to open database file"),
        "this user may not read or write there",
        "give the user that runs wfm the folder, or set WFM_HOME to one of its own",
    ),
    _Fault(
        ("Out of Memory Error", "Cannot allocate memory", "bad allocation", "Unable to allocate", "MemoryError"),
        "memory is out",
        "stop other programs, or take fewer days or rows at a time (WFM_CHUNK_ROWS)",
    ),
    _Fault(("Too many open files",), "too many files are open", "raise the limit (ulimit -n)"),
    _Fault(
        ("Input/output error", "disk I/O error"),
        "the disk reports an error",
        "look at the system's log (dmesg) before anything else is written to it",
    ),
    _Fault(
        ("Not a directory", "Is a directory", "File exists"),
        "a folder and a file are in each other's place",
        "move what stands there away",
    ),
)


def machine_error(error: BaseException, *folders: Path) -> MachineError | None:
    """Our error for a fault of the machine.

    Args:
        error: What was caught; the errors behind it are looked at too.
        folders: Where files were being written: where one of their disks is full, that is the reason,
            whatever the driver says.

    Returns:
        One line that says what came and what to do; None where the machine is not at fault.
    """
    for link in _chain(error):
        if found := machine_error_in(str(link) or type(link).__name__):
            return _full(found.detail, folders) or found
    return None if isinstance(error, ImportError) else _full(str(error), folders)


def machine_error_in(text: str) -> MachineError | None:
    """The same for an error of which only the words are left."""
    for fault in _FAULTS:
        if any(word in text for word in fault.words):
            return _told(fault, text)
    return None


def keep_private() -> None:
    """From now on what this process makes is its user's alone: folders 0700, files 0600."""
    os.umask(0o077)


def write_whole(path: Path, text: str) -> None:
    """Write a small text file beside its place and swap it in: readers see the old one or the new one.

    Nobody but its owner may read it.
    """
    with swapped_in(path) as beside:
        beside.unlink(missing_ok=True)
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE), "w", encoding="utf-8") as file:
            file.write(text)


@contextmanager
def answer_file(path: Path) -> Iterator[Path]:
    """A place for a file that a person asked for; it is swapped in at the end, whole or not at all.

    Raises:
        DataError: the place cannot be written.
    """
    try:
        with swapped_in(path) as beside:
            yield beside
    except OSError as error:
        raise DataError(f"{path} cannot be written: {error.strerror or error}", path=str(path)) from error


@contextmanager
def swapped_in(path: Path) -> Iterator[Path]:
    """A place beside `path`; what is written there takes its place at the end.

    Raises:
        OSError: the place cannot be written.
    """
    if not path.name:
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield beside
        beside.replace(path)
    finally:
        with suppress(OSError):
            beside.unlink(missing_ok=True)


def expanded(path: Path) -> Path:
    """The path with `~` and `~user` put in full.

    Raises:
        SettingsError: the system has no such user, or knows no home.
    """
    try:
        return path.expanduser()
    except RuntimeError as error:
        raise SettingsError(f"{path} begins with the home of a user that is not known here", path=str(path)) from error


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error and those behind it, the first cause last."""
    seen: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        yield link
        link = link.__cause__ or link.__context__


def _full(detail: str, folders: tuple[Path, ...]) -> MachineError | None:
    for folder in folders:
        there = next((place for place in (folder, *folder.parents) if place.is_dir()), None)
        if there and shutil.disk_usage(there).free < _FULL_BELOW_BYTES:
            return _told(_FULL, f"{there}: {detail}")
    return None


def _told(fault: _Fault, text: str) -> MachineError:
    detail = " ".join(text.split("\n[SQL:", maxsplit=1)[0].split())[:_LONGEST_DETAIL]
    return MachineError(f"{fault.what} ({detail}); {fault.mend}; then do it again", what=fault.what, detail=detail)
