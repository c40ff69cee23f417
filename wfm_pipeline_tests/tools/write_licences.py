"""Write `docs/licences.md`: under which licence each library comes that the product is built on.

python -m wfm_pipeline_tests.tools.write_licences
"""

import re
import tomllib
from importlib.metadata import PackageMetadata, metadata
from pathlib import Path

ROOT = Path(__file__).parents[2]
PATH = ROOT / "docs" / "licences.md"
EXTRAS = ("postgres", "mssql", "apprise")
"""Optional dependencies that run in the product; what only builds and tests it is not given to anybody."""
_HEAD = """# Licences

The product is under Apache-2.0. Its direct dependencies, as their own metadata say; made by
`python -m wfm_pipeline_tests.tools.write_licences`, and a test holds it true.

| library | licence |
|---|---|
"""
_IN_TEXT = {"MIT License": "MIT", "Apache License": "Apache-2.0", "BSD 3-Clause": "BSD-3-Clause"}


def dependencies() -> list[str]:
    """Names of the direct dependencies, in order."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"], *(one for extra in EXTRAS for one in project["optional-dependencies"][extra])]
    return sorted({re.split(r"[^\w.-]", one, maxsplit=1)[0].lower() for one in wanted})


def licence(found: PackageMetadata) -> str:
    """An SPDX expression where the metadata have one, else the classifiers' words; '' where nothing is said."""
    expression = found.get("License-Expression")
    if expression:
        return str(expression)
    classifiers = [line.split(" :: ")[-1] for line in found.get_all("Classifier") or [] if line.startswith("License")]
    if classifiers:
        return ", ".join(sorted(set(classifiers)))
    text = str(found.get("License") or "").strip()
    short = next((name for words, name in _IN_TEXT.items() if words in text), None)
    return short or text.splitlines()[0][:60] if text else ""


def table() -> str:
    """The whole document."""
    return _HEAD + "".join(f"| {name} | {licence(metadata(name))} |\n" for name in dependencies())


if __name__ == "__main__":
    PATH.write_text(table(), encoding="utf-8")
