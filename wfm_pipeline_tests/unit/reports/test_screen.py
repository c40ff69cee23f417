"""What reaches a terminal: every word as it stands, and no character that commands it."""

import re
from pathlib import Path

import pandas as pd
import pytest

import wfm_pipeline
from wfm_pipeline.reports.words.plain_words import one_line, plain_lines
from wfm_pipeline.reports.words.screen import Screen
from wfm_pipeline.reports.words.terminal import print_json, print_table
from wfm_pipeline_tests.cli_kit import run_wfm
from wfm_pipeline_tests.hostile_kit import COMMANDS, KEPT, NAMES

ODD_PATH = "/tmp/[red]x/[/] :smile:"


@pytest.mark.parametrize("name", NAMES)
def test_no_name_commands_the_terminal_or_is_taken_for_markup(name, capsys):
    screen = Screen(soft_wrap=True)

    screen.say(name, head=name, style="yellow")
    screen.print(name)
    print_table(pd.DataFrame({name: [name]}), name)
    print_json({"rows": pd.DataFrame({"name": [name]})}, name=name)
    with screen.progress(name) as go_on:
        go_on(name)

    said = capsys.readouterr().out
    assert not COMMANDS & set(said)
    assert f"{one_line(name)} {one_line(name)}\n" in said


def test_a_coloured_terminal_gets_our_colours_and_none_of_the_names(capsys):
    Screen(force_terminal=True, color_system="standard").say("\x1b[31mred", head="notice:", style="yellow")

    assert "\x1b[33mnotice:\x1b[0m ␛[31mred\n" == capsys.readouterr().out


def test_words_on_one_line_stay_on_it():
    assert "two␊lines␍␉and more" == one_line("two\nlines\r\tand more")
    assert "two\nlines␍\tand more" == plain_lines("two\nlines\r\tand more")
    assert all(name == one_line(name) for name in KEPT if name.isprintable())


def test_a_path_is_said_as_it_is_named(clean_environment, monkeypatch, capsys):
    done = run_wfm(monkeypatch, capsys, "backtest", f"{ODD_PATH}\x1b[31m.csv")

    assert f"error: there is no file {ODD_PATH}␛[31m.csv\n" == done.stderr


def test_words_of_the_command_line_come_back_without_commands(clean_environment, monkeypatch, capsys):
    done = run_wfm(monkeypatch, capsys, "backtest", "x.csv", "--\x1b[31mred")

    assert 2 == done.returncode
    assert not COMMANDS & set(done.stderr)


def test_nothing_but_the_screen_prints():
    folder = Path(wfm_pipeline.__file__).parent
    others = {
        str(path.relative_to(folder))
        for path in folder.rglob("*.py")
        if re.search(r"rich\.(console|markup)|(?<![\w.])print\(|typer\.echo", path.read_text(encoding="utf-8"))
    }

    assert {"reports/words/screen.py"} == others
