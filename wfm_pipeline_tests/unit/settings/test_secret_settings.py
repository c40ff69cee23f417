"""Where secrets come from and where they are kept: files, the keyring, `sources.toml`."""

import os
import tomllib

import pytest

from wfm_pipeline.errors import SettingsError
from wfm_pipeline.remembered import remember_url, remembered_url
from wfm_pipeline.settings import Settings, export_dagster_variables, load_settings

pytestmark = pytest.mark.usefixtures("clean_environment")
SECRETS = sorted(name for name, field in Settings.model_fields.items() if "Secret" in str(field.annotation))
URL = "postgresql://u:sekret@h/d"


@pytest.mark.parametrize("name", SECRETS)
def test_every_secret_may_stand_in_a_file(name, tmp_path, monkeypatch):
    (tmp_path / "secret").write_text("\ufeffpostgresql://u:p w@host/database_of_its_own\n", encoding="utf-8")
    monkeypatch.setenv(f"WFM_{name.upper()}_FILE", str(tmp_path / "secret"))

    assert "postgresql://u:p w@host/database_of_its_own" == getattr(load_settings(), name).get_secret_value()


def test_there_are_ten_secrets():
    assert 10 == len(SECRETS)


def test_a_source_of_its_own_may_stand_in_a_file(tmp_path):
    (tmp_path / "secret").write_text(URL)
    (tmp_path / "wfm.toml").write_text(f"[sources.desk]\nurl_file = '{tmp_path}/secret'\n")

    assert URL == load_settings(source="desk").url_of_source


def test_what_is_nearer_wins_in_whichever_form(tmp_path, monkeypatch):
    (tmp_path / "wfm.toml").write_text("source_url_file = '/not/there'\n")
    monkeypatch.setenv("WFM_SOURCE_URL", URL)
    assert URL == load_settings().url_of_source

    (tmp_path / "secret").write_text("mysql://argument")
    assert "mysql://argument" == load_settings(source_url_file=tmp_path / "secret").url_of_source


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param(None, "cannot be read (No such file", id="missing"),
        pytest.param(b" \n", "is empty", id="empty"),
        pytest.param(b"sekret\nsekret2\n", "one line and nothing else", id="two_lines"),
        pytest.param(b"sekret\xff", "no file of UTF-8 text", id="not_utf8"),
        pytest.param(b"s" * 70_000, "one line and nothing else", id="too_long"),
    ],
)
def test_a_file_that_holds_no_secret_is_one_line_without_what_it_holds(content, words, tmp_path, monkeypatch):
    monkeypatch.setenv("WFM_SOURCE_URL_FILE", str(tmp_path / "secret"))
    if content is not None:
        (tmp_path / "secret").write_bytes(content)

    with pytest.raises(SettingsError) as raised:
        load_settings()

    assert all(part in str(raised.value) for part in ("source_url_file (WFM_SOURCE_URL_FILE)", words, "/secret"))
    assert "sekret" not in str(raised.value)


def test_a_secret_that_is_given_twice_is_refused(monkeypatch):
    monkeypatch.setenv("WFM_SOURCE_URL", URL)
    monkeypatch.setenv("WFM_SOURCE_URL_FILE", "/run/secrets/source")

    with pytest.raises(SettingsError, match="source_url and source_url_file are both set"):
        load_settings()


def test_the_keyring_is_asked_or_its_extra_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv("WFM_SOURCE_URL", "keyring:wfm/source")
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")

    with pytest.raises(SettingsError, match=r"wfm-pipeline\[keyring\]|keyring:SERVICE/USER of an entry that is there"):
        load_settings()


def test_dagster_gets_a_url_that_every_parser_reads_alike_and_no_second_way_to_it(tmp_path, monkeypatch):
    (tmp_path / "secret").write_text("postgresql://u:a b/c@h/d?application_name=x+y")
    monkeypatch.setenv("WFM_DAGSTER_POSTGRES_URL_FILE", str(tmp_path / "secret"))

    export_dagster_variables(load_settings())

    assert "postgresql://u:a%20b%2Fc@h/d?application_name=x%20y" == os.environ["WFM_DAGSTER_POSTGRES_URL"]
    assert load_settings().dagster_postgres_url


@pytest.mark.parametrize("url", ["mysql://u:sekret@h/d", "postgresql://u:x@sekret@h/d"])
def test_a_run_storage_elsewhere_than_in_postgresql_is_refused_without_its_secret(url):
    with pytest.raises(SettingsError, match="dagster_postgres_url") as raised:
        export_dagster_variables(load_settings(dagster_postgres_url=url))

    assert "sekret" not in str(raised.value)


@pytest.mark.parametrize(
    "url",
    [
        "mysql+pymysql://u:sekret@h/db",
        "mysql+pymysql://u@h/db?passwd=sekret",
        "mysql+pyodbc://h/db?odbc_connect=PWD%3Dsekret",
        "mysql+pymysql://u@h/db?charset=utf8mb4",
    ],
)
def test_a_url_with_password_or_options_is_not_written_down_and_what_was_is_forgotten(url):
    settings = load_settings(source="desk")
    assert settings.remember_source("desk", "mysql+pymysql://u@old/db")

    assert not settings.remember_source("desk", url)
    assert settings.url_of_source is None
    assert "h/db" not in settings.remembered_path.read_text()


def test_a_url_without_a_secret_is_written_so_that_only_its_owner_reads_it():
    settings = load_settings(source='it\'s "x"]\n')
    assert settings.remember_source("other", "sqlite:///x.db")

    assert settings.remember_source(settings.source, "mysql+pymysql://root@127.0.0.1/te'st")

    assert "mysql+pymysql://root@127.0.0.1/te'st" == settings.url_of_source
    assert {"other", settings.source} == set(tomllib.loads(settings.remembered_path.read_text()))
    assert 0o600 == settings.remembered_path.stat().st_mode & 0o777


def test_a_secret_that_an_older_version_wrote_down_is_said_and_not_used(tmp_path):
    path = tmp_path / "sources.toml"
    path.write_text('["desk"]\nurl = "mysql+pymysql://u@h/db?passwd=sekret"\n')

    with pytest.raises(SettingsError, match="holds a URL of source desk with a password or options") as raised:
        remembered_url(path, "desk")

    assert "sekret" not in str(raised.value)
    assert remember_url(path, "desk", "mysql+pymysql://u@h/db")
    assert "sekret" not in path.read_text()
