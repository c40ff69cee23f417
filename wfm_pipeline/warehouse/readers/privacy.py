"""Who may see what is kept: folders that are the user's alone, and the way through them to the readers' copy.

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


def close_home(home: Path, url: str, readers_mode: int) -> None:
    """Make home and the folders down to the warehouse private, with what an older version left open in them.

    Args:
        home: The home folder; made where it is not there.
        url: URL of the warehouse.
        readers_mode: Mode of the readers' folder; who may read there may pass through the folders above.
    """
    home.mkdir(parents=True, exist_ok=True)
    way = _folders(home, url)
    for folder in way:
        _close(folder, passing=readers_mode & _PASS)
        for path in folder.iterdir():
            if path not in (*way, _readers_folder(home, url)):
                _close(path)


def privacy_words(home: Path, url: str, readers_mode: int) -> str:
    """How private the home is, in words.

    Raises:
        WfmError: others get in further than to the readers' copy.
    """
    for folder in _folders(home, url):
        mode = stat.S_IMODE(folder.stat().st_mode)
        if mode & _OTHERS & ~(readers_mode & _PASS):
            raise WfmError(f"others may look into {folder} (mode {mode:04o})")
    who = {0o700: "nobody else", 0o750: "its group", 0o755: "everybody"}[readers_mode]
    return f"private; {who} may read the readers' copy" if _readers_folder(home, url) else "private"


def _folders(home: Path, url: str) -> list[Path]:
    """Home, and the folders down to the warehouse's where it stands inside of it."""
    engine = _engine(home, url)
    path = engine.file if engine else None
    inside = [folder for folder in path.parents if home in folder.parents] if path else []
    return [folder for folder in (home, *reversed(inside)) if folder.is_dir()]


def _readers_folder(home: Path, url: str) -> Path | None:
    engine = _engine(home, url)
    place = engine.readers_place if engine else None
    return place.parent if isinstance(place, Path) else None


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
