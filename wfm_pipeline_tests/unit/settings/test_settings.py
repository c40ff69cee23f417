"""Settings: precedence, one-line errors, secrets that stay secret."""

import os
import tomllib

import pytest

from wfm_pipeline.errors import SettingsError
from wfm_pipeline.settings import Settings, commented_file, keep_compiled_code, load_settings, unknown_variables

pytestmark = pytest.mark.usefixtures("clean_environment")


def test_arguments_beat_environment_beats_file_beats_default(monkeypatch, tmp_path):
    (tmp_path / "wfm.toml").write_text("horizon_days = 7\noverlap_days = 9\nchunk_rows = 2000\n")
    monkeypatch.setenv("WFM_HORIZON_DAYS", "21")
    monkeypatch.setenv("WFM_OVERLAP_DAYS", "5")

    settings = load_settings(horizon_days=28)

    assert (28, 5, 2000, 3) == (
        settings.horizon_days,
        settings.overlap_days,
        settings.chunk_rows,
        settings.retry_attempts,
    )


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        pytest.param("horizon_days", 0, ["horizon_days", "WFM_HORIZON_DAYS", "1", "got 0"], id="too_small"),
        pytest.param("interval_minutes", 7, ["5, 15, 30, 60", "got 7"], id="not_in_list"),
        pytest.param("weekend", "fri,xyz", ["mon, tue", "got"], id="unknown_weekday"),
        pytest.param(
            "nightly_cron",
            "0 25 * * *",
            ["nightly_cron", "WFM_NIGHTLY_CRON", "hour must be 0 to 23"],
            id="no_such_hour",
        ),
        pytest.param("intraday_cron", "05:10", ["intraday_cron", "five fields", "'05:10'"], id="no_cron"),
        pytest.param("allocation_cron", "0 5 * * moon", ["weekday must be 0 to 7"], id="no_weekday"),
        pytest.param(
            "redial_window_seconds", "soon", ["redial_window_seconds", "integer", "'soon'"], id="not_a_number"
        ),
    ],
)
def test_a_wrong_value_is_one_line_with_key_and_allowed_values(key, value, words):
    with pytest.raises(SettingsError) as raised:
        load_settings(**{key: value})

    assert "\n" not in str(raised.value)
    assert [] == [word for word in words if word not in str(raised.value)]
    assert 2 == raised.value.exit_code


def test_a_wrong_url_is_never_shown():
    with pytest.raises(SettingsError) as raised:
        load_settings(warehouse_url=["postgresql://u:sekret@h/d"])

    assert "sekret" not in str(raised.value)


def test_a_password_is_not_in_the_settings_text():
    settings = load_settings(source_url="mysql+pymysql://u:sekret@h/d")

    assert "sekret" not in repr(settings)
    assert "mysql+pymysql://u:sekret@h/d" == settings.url_of_source


def test_an_unknown_key_in_the_file_names_the_nearest_one(tmp_path):
    (tmp_path / "wfm.toml").write_text("horizn_days = 7\n")

    with pytest.raises(SettingsError, match="did you mean horizon_days"):
        load_settings()


def test_broken_toml_is_one_line(tmp_path):
    (tmp_path / "wfm.toml").write_text("horizon_days = \n")

    with pytest.raises(SettingsError, match="not valid TOML"):
        load_settings()


def test_an_unknown_variable_is_a_warning_never_a_refusal(monkeypatch):
    monkeypatch.setenv("WFM_HORIZN_DAYS", "7")

    assert 14 == load_settings().horizon_days
    assert ["WFM_HORIZN_DAYS (did you mean WFM_HORIZON_DAYS?)"] == unknown_variables()


def test_an_empty_variable_is_not_set(monkeypatch):
    monkeypatch.setenv("WFM_COUNTRY", "")

    assert load_settings().country is None


def test_lists_may_be_written_with_commas(monkeypatch):
    monkeypatch.setenv("WFM_WEEKEND", "fri, Sat")

    assert ("fri", "sat") == load_settings().weekend


def test_the_commented_file_loads_as_it_is_and_with_every_key_uncommented(tmp_path):
    text = commented_file()
    (tmp_path / "wfm.toml").write_text(text)
    assert load_settings() == load_settings()

    opened = "\n".join(
        line.removeprefix("# ") if " = " in line and line.startswith("# ") else line for line in text.splitlines()
    )
    (tmp_path / "wfm.toml").write_text(
        opened.replace("[sources.anonymous_bank]", "").replace('url = "mysql', '# url = "mysql')
    )
    keys = set(tomllib.loads((tmp_path / "wfm.toml").read_text()))

    assert set(Settings.model_fields) - {"sources"} == keys
    assert load_settings().horizon_days == Settings.model_fields["horizon_days"].default


def test_the_telephony_source_is_the_sample_unless_a_url_is_set():
    assert f"sqlite:///{load_settings().sample_path}" == load_settings().url_of_source
    assert "file:///exports" == load_settings(source_url="file:///exports").url_of_source


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param({"XDG_CACHE_HOME": "mine"}, "mine/wfm/numba", id="the_users_cache_folder"),
        pytest.param({"HOME": "."}, ".cache/wfm/numba", id="where_it_is_usually"),
        pytest.param({"XDG_CACHE_HOME": "a_file"}, "data/cache/wfm/numba", id="ours_where_that_cannot_be_written"),
        pytest.param({"NUMBA_CACHE_DIR": "theirs"}, "theirs", id="what_the_environment_says"),
    ],
)
def test_numba_is_told_where_to_keep_what_it_compiles(monkeypatch, tmp_path, given, expected):
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    (tmp_path / "data").mkdir()
    (tmp_path / "a_file").touch()
    for name, folder in given.items():
        monkeypatch.setenv(name, str(tmp_path / folder))

    keep_compiled_code(tmp_path / "data")

    assert str(tmp_path / expected) == os.environ["NUMBA_CACHE_DIR"]
