"""URLs of databases: what is said of them, and that no secret gets past by whichever way it is written."""

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from wfm_pipeline.errors import SettingsError
from wfm_pipeline.sources.opening import open_reader
from wfm_pipeline.urls import keep_url, make_engine, masked, parse_url
from wfm_pipeline.warehouse.engines.registry import engine_of


@pytest.mark.parametrize(
    ("url", "said"),
    [
        pytest.param("mysql+pymysql://u:a b/c:d%40e@h:3306/db", "mysql+pymysql://h/db", id="password"),
        pytest.param("mysql+pymysql://u@h/db?passwd=sekret", "mysql+pymysql://h/db", id="options"),
        pytest.param("postgresql://token@[::1]:5432/db", "postgresql://[::1]/db", id="user"),
        pytest.param("mssql+pyodbc:///?odbc_connect=PWD%3Dsekret", "mssql+pyodbc://", id="odbc_connect"),
        pytest.param("sqlite:////folder/a@b/x.db?key=sekret", "sqlite:////folder/a@b/x.db", id="file"),
        pytest.param("duckdb:///x.duckdb", "duckdb:///x.duckdb", id="duckdb"),
    ],
)
def test_scheme_host_and_database_are_said_and_nothing_else(url, said):
    assert [said, f"DatabaseUrl({said})"] == [str(parse_url(url, what="x")), repr(parse_url(url, what="x"))]


@pytest.mark.parametrize(
    "url",
    [
        "sekret",
        "u:sekret@h/db",
        "postgresql://u:x@sekret@h/db",
        "postgresql://u:x@sekret/y@h/db",
        "postgresql://u:x@sekret?y@h/db",
        "postgresql://u:x@y:sekret@h/db",
        "postgresql:///u:sekret@h/db",
        "postgresql://u:sekret/db",
        "postgresql://u/x:sekret@h/db",
        "sqlite://u:sekret@h/x.db",
        "duckdb://u:sekret@h/x.db",
        "postgresql://u:x@h/db\nsekret",
    ],
)
def test_of_a_url_that_cannot_be_read_nothing_is_said(url):
    with pytest.raises(SettingsError, match="source_url is not a database's URL") as raised:
        parse_url(url, what="source_url")

    assert "sekret" not in f"{raised.value} {raised.value.facts} {raised.value.__cause__!r}"
    assert raised.value.__context__ is None


@given(
    st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]) | st.sampled_from(" /@:%?&=;{}#+"), min_size=6)
)
def test_a_password_that_is_written_right_comes_back_and_is_never_said(password):
    url = sa.URL.create("mysql+pymysql", "u", password, "h", 3306, "db").render_as_string(hide_password=False)

    parsed = parse_url(url, what="x")

    assert password == parsed.parts.password
    assert "mysql+pymysql://h/db" == str(parsed)
    assert password == sa.make_url(parsed.with_secrets("postgresql")).password
    assert password not in masked(f"denied: {password}").removeprefix("denied: ") or password in "***"


@pytest.mark.parametrize(
    ("url", "words"),
    [
        pytest.param("mysql+pymysql://u:geheim wort@h/db", "no geheim wort here", id="blank"),
        pytest.param("mysql+pymysql://u:geheim%2Fx@h/db", "geheim/x or geheim%2Fx", id="as_written"),
        pytest.param("mysql+pymysql://u@h/db?passwd=geheim", "bad geheim", id="option"),
        pytest.param("mssql+pyodbc:///?odbc_connect=DRIVER%3DX%3BPWD%3D{geheim;}", "bad {geheim;} geheim;", id="odbc"),
        pytest.param("nonsense", "see mysql://u:geheim and more@h/db", id="url_nobody_met"),
        pytest.param("nonsense", "got (mysql://u@h/db?key=geheim)", id="options_nobody_met"),
        pytest.param("nonsense", "DRIVER=X;PWD=geheim;UID=u", id="word_of_odbc"),
        pytest.param("postgresql://u:geheim@wort:x/db", "invalid port geheim", id="unreadable"),
    ],
)
def test_words_of_others_are_told_without_secrets(url, words):
    keep_url(url)

    assert "geheim" in words
    assert "geheim" not in masked(words)


def test_our_own_advice_is_not_masked(tmp_path):
    with pytest.raises(SettingsError) as raised:
        parse_url("nonsense", what="--to")
    with pytest.raises(SettingsError) as refused:
        engine_of("mysql://h/db", tmp_path)

    assert [str(raised.value), str(refused.value)] == [masked(str(raised.value)), masked(str(refused.value))]


def test_options_that_a_driver_does_not_take_are_not_quoted():
    engine = make_engine(parse_url("mysql+pymysql://u@127.0.0.1:1/db?pasword=sekret", what="x"))
    with pytest.raises(SettingsError, match="does not take the options") as connecting:
        engine.connect()
    with pytest.raises(SettingsError, match="does not take the options") as made:
        make_engine(parse_url("mysql+pymysql://u@h/db?connect_timeout=sekret", what="x")).connect()

    assert "sekret" not in f"{connecting.value} {made.value}"
    assert (True, True) == (connecting.value.__suppress_context__, made.value.__suppress_context__)


@pytest.mark.parametrize("text", ["u:sekret@h/db", "file:///x?token=sekret", "mysql:/u:sekret@h/db"])
def test_a_source_that_is_neither_url_nor_folder_is_not_quoted(text):
    with pytest.raises(SettingsError, match="neither a database's URL nor a folder") as raised:
        open_reader(text)

    assert "sekret" not in str(raised.value)


def test_a_duckdb_file_takes_no_options(tmp_path):
    with pytest.raises(SettingsError, match="takes no options") as raised:
        engine_of("duckdb:///w.duckdb?motherduck_token=sekret", tmp_path)

    assert "sekret" not in str(raised.value)
