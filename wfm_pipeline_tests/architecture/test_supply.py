"""What the product is built on: installed by hash, under known licences."""

import re

from wfm_pipeline_tests.tools.write_licences import PATH, ROOT, dependencies, licence, metadata, table


def test_every_direct_dependency_says_its_licence_and_the_document_has_them():
    assert [] == [name for name in dependencies() if not licence(metadata(name))]
    assert table() == PATH.read_text(encoding="utf-8")


def test_setup_installs_nothing_that_has_no_hash():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")

    installs = [line for line in makefile.splitlines() if re.search(r"\b(pip|uv) (pip )?(install|sync)\b", line)]
    assert 3 == len(installs)
    ours, from_locks = [line for line in installs if "--editable ." in line], installs[:2]
    assert ["--no-deps" in line for line in ours] == [True]
    assert all("--require-hashes" in line for line in from_locks)
    for name in ("requirements-uv.lock", "requirements-dev.lock", "requirements.lock", "requirements-spark.lock"):
        lines = (ROOT / name).read_text(encoding="utf-8").split("\n")
        pins = [number for number, line in enumerate(lines) if re.match(r"\w", line)]
        assert pins
        assert [] == [lines[number] for number in pins if "--hash=sha256:" not in lines[number + 1]]
