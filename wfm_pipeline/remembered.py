"""`sources.toml`: into which database `wfm load` put a source, so that `wfm run --source` finds it.

A file that is broken is said and set aside. Only URLs that hold no secret are written; one that does, from an older version or by hand, is refused and not used.
"""

import logging
from pathlib import Path

import tomlkit

from wfm_pipeline.errors import SettingsError
from wfm_pipeline.machine import write_whole
from wfm_pipeline.toml_file import TomlError, read_toml
from wfm_pipeline.urls import parse_url

_LOG = logging.getLogger(__name__)


def remembered_url(path: Path, source: str) -> str | None:
    """Where the source was loaded to; None where nothing is known.

    Raises:
        SettingsError: the URL holds a password or options, or is none.
    """
    url = _read(path).get(source)
    if url is None:
        return None
    found = parse_url(url, what=f"the URL of source {source} in {path}")
    if not found.may_be_kept:
        raise SettingsError(
            f"{path} holds a URL of source {source} with a password or options ({found}), which is not used: take the "
            "entry out, choose another password, and set WFM_SOURCE_URL, or WFM_SOURCE_URL_FILE to a file that holds it",
            path=str(path),
        )
    return url


def remember_url(path: Path, source: str, url: str) -> bool:
    """Note where a source was loaded to, if the URL may be kept; else what was noted before is forgotten.

    Returns:
        Whether it was noted.
    """
    known = _read(path)
    is_kept = parse_url(url, what="the URL").may_be_kept
    rest = {name: other for name, other in known.items() if name != source}
    now = {**rest, source: url} if is_kept else rest
    if now != known:
        write_whole(path, tomlkit.dumps({name: {"url": now[name]} for name in sorted(now)}))
    return is_kept


def _read(path: Path) -> dict[str, str]:
    if not path.exists():
        return {}
    try:
        return {name: str(entry["url"]) for name, entry in read_toml(path).items()}
    except (TomlError, TypeError, KeyError):
        broken = path.with_name(f"{path.name}.broken")
        path.replace(broken)
        _LOG.warning(f"{path} could not be read and is now {broken}; `wfm load` writes it anew")
        return {}
