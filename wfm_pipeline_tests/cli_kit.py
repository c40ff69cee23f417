"""The `wfm` command in this process: exit code and what it said."""

import sys
from types import SimpleNamespace

import pytest

from wfm_pipeline.cli import main


def run_wfm(monkeypatch, capsys, *words):
    """Run a command in the current folder with the current settings."""
    monkeypatch.setattr(sys, "argv", ["wfm", *map(str, words)])
    with pytest.raises(SystemExit) as stop:
        main()
    said = capsys.readouterr()
    return SimpleNamespace(returncode=stop.value.code, stdout=said.out, stderr=said.err)
