"""The version of an asset's code, from which the UI says that an asset was made by other code than there is now.

It is a digest of the source text that makes the numbers: the asset's module, the asset modules it calls, and what these
call in `transforms` and `domain`, all the way down. Not part of it: how rows are stored or read (warehouse, sources), which columns there are (the column schema shows those) and
settings. A changed comment is a change; whether a run has work to do is another question (orchestration/runs/finished).
"""

import hashlib
import re
from functools import cache
from pathlib import Path
from typing import Final

_PACKAGE: Final = Path(__file__).parents[1]
_ROOMS: Final = ("assets", "warehouse", "transforms", "domain")
"""Rooms whose code makes the numbers."""
_PLUMBING: Final = (
    "wfm_pipeline.assets.declaring",
    "wfm_pipeline.assets.step",
    "wfm_pipeline.assets.code_version",
    "wfm_pipeline.warehouse.engines.engine",
    "wfm_pipeline.warehouse.engines.schemas",
)
"""What every asset needs and no number comes from."""
_IMPORT: Final = re.compile(r"^\s*from (wfm_pipeline\.[\w.]+) import (\([^)]*\)|[^\n]+)", re.MULTILINE)
_LENGTH: Final = 12


@cache
def code_version(module: str) -> str:
    """Version of the code of the assets that a module makes.

    Args:
        module: Its full name, `__name__`.

    Returns:
        The first 12 hexadecimal digits of a SHA-256.
    """
    digest = hashlib.sha256()
    for name in sorted(code_of(module)):
        digest.update(f"{name}\n{_text(name)}\n".encode())
    return digest.hexdigest()[:_LENGTH]


@cache
def code_of(module: str) -> frozenset[str]:
    """Full names of the modules whose text the version of a module's assets is made of, itself among them."""
    found, waiting = set[str](), [module]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(_called(name))
    return frozenset(found)


@cache
def _called(module: str) -> tuple[str, ...]:
    """Modules of the rooms above that a module imports from."""
    called = list[str]()
    for source, names in _IMPORT.findall(_text(module)):
        words = [word.split(" as ")[0].strip() for word in names.strip("()").split(",")]
        candidates = [source, *(f"{source}.{word}" for word in words if word)]
        called += [name for name in candidates if name not in _PLUMBING and _is_in_rooms(name) and _file(name)]
    return tuple(called)


def _is_in_rooms(module: str) -> bool:
    return module.split(".")[1] in _ROOMS


@cache
def _text(module: str) -> str:
    file = _file(module)
    return file.read_text(encoding="utf-8") if file else ""


@cache
def _file(module: str) -> Path | None:
    """A module's file, or its package's `__init__`; None where the name is none of a module."""
    place = _PACKAGE.joinpath(*module.split(".")[1:])
    return next((file for file in (place.with_suffix(".py"), place / "__init__.py") if file.is_file()), None)
