"""Who may see what is kept: folders that are the user's alone, and the way through them to the readers' copies.

A home holds telephone numbers and names, so nobody else gets in. Where the setting lets others read the
readers' copy, they may pass through the folders above it, and list or read nothing there. On a system
without such modes, and in folders of another user, nothing is changed: `wfm doctor` says so.
"""

import contextlib
import stat
from pathlib import Path

from wfm_pipeline.errors import SettingsError, WfmError
from wfm_pipeline.warehouse.engines.entry import Engine
from wfm_pipeline.warehouse.engines.registry import engine_of

_OTHERS = 0o077
_PASS = 0o011
_WHO = {0o700: "nobody else", 0o750: "its group", 0o755: "everybody"}


def close_home(home: Path, url: str, readers_mode: int, personal_mode: int | None = None) -> None:
    """Make home and the folders down to the warehouse private, with what an older version left open in them.

    Args:
        home: The home folder; made where it is not there.
        url: URL of the warehouse.
        readers_mode: Mode of the analysts' folder; who may read there may pass through the folders above.
        personal_mode: Mode of the folder of the copy with persons, likewise; None where none is made.
    """
    home.mkdir(parents=True, exist_ok=True)
    way, passing = _folders(home, url), _passing(readers_mode, personal_mode)
    for folder in way:
        _close(folder, passing=passing)
        for path in folder.iterdir():
            if path not in (*way, *_readers_folders(home, url, personal_mode)):
                _close(path)


def privacy_words(home: Path, url: str, readers_mode: int, personal_mode: int | None = None) -> str:
    """How private the home is, in words; the modes are those of `close_home`.

    Raises:
        WfmError: others get in further than to the readers' copies.
    """
    passing = _passing(readers_mode, personal_mode)
    for folder in _folders(home, url):
        mode = stat.S_IMODE(folder.stat().st_mode)
        if mode & _OTHERS & ~passing:
            raise WfmError(f"others may look into {folder} (mode {mode:04o})")
    if not _readers_folders(home, url, personal_mode):
        return "private"
    words = f"private; {_WHO[readers_mode]} may read the readers' copy"
    return words if personal_mode is None else f"{words}, {_WHO[personal_mode]} the one with persons"


def _passing(readers_mode: int, personal_mode: int | None) -> int:
    return (readers_mode | (personal_mode or 0)) & _PASS


def _folders(home: Path, url: str) -> list[Path]:
    """Home, and the folders down to the warehouse's where it stands inside of it."""
    engine = _engine(home, url)
    path = engine.file if engine else None
    inside = [folder for folder in path.parents if home in folder.parents] if path else []
    return [folder for folder in (home, *reversed(inside)) if folder.is_dir()]


def _readers_folders(home: Path, url: str, personal_mode: int | None) -> list[Path]:
    """Folders of the copies, where those are files; a copy with persons that nobody asks for any more is none."""
    engine = _engine(home, url)
    if engine is None or not isinstance(engine.readers_place, Path):
        return []
    personal = engine.personal_folder if personal_mode is not None else None
    return [engine.readers_place.parent, *([personal] if personal else [])]


def _engine(home: Path, url: str) -> Engine | None:
    """None for a URL that is none: home is private all the same, and others say what is wrong with the URL."""
    try:
        return engine_of(url, home)
    except SettingsError:
        return None


def _close(path: Path, passing: int = 0) -> None:
    """Take away what others may do with a file or folder, but for passing through; one that goes meanwhile is no matter."""
    with contextlib.suppress(PermissionError, FileNotFoundError):
        mode = stat.S_IMODE(path.lstat().st_mode)
        wanted = mode & ~_OTHERS | passing
        if mode != wanted and not path.is_symlink():
            path.chmod(wanted)
