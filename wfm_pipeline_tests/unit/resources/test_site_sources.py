"""Which sources the settings mean: one, or a list that is one site."""

import json

import pytest

from wfm_pipeline.errors import SettingsError
from wfm_pipeline.resources import House
from wfm_pipeline.settings import load_settings

HEAD = {"map": "telephony", "url": "mysql+pymysql://u:sekret@head/calls"}
BRANCH = {"map": "telephony", "name": "branch", "url": "sqlite:///branch.sqlite"}
BANK = {"map": "anonymous_bank", "url": "sqlite:///bank.sqlite"}


@pytest.fixture(autouse=True)
def _clean(clean_environment):
    return clean_environment


def house_of(*entries, **more):
    return House(load_settings(sources=list(entries), **more))


def test_a_list_of_sources_is_a_site_that_goes_by_the_first():
    house = house_of(HEAD, BRANCH)

    assert "telephony" == house.source_map.name
    assert ("telephony", "branch") == tuple(part.name for part in house.source_map.parts)
    assert {"source": "telephony"} == house.in_source()
    assert house.source_map.parts == house.read_parts


def test_the_site_has_the_facts_of_the_first_source_as_the_settings_change_them():
    house = house_of(BANK, HEAD, time_zone="Europe/Zurich", interval_minutes=15)

    assert all(part.site == house.site for part in house.source_map.parts)
    assert ("Europe/Zurich", 15) == (house.site.time_zone, house.site.interval_minutes)


def test_a_list_may_stand_in_the_environment_and_in_the_file(monkeypatch, tmp_path):
    (tmp_path / "wfm.toml").write_text(
        '[[sources]]\nmap = "telephony"\n[[sources]]\nmap = "telephony"\nname = "branch"\n'
    )
    assert ("telephony", "branch") == tuple(part.name for part in House(load_settings()).source_map.parts)

    monkeypatch.setenv("WFM_SOURCES", json.dumps([HEAD, BANK]))
    assert ("telephony", "anonymous_bank") == tuple(entry.map for entry in load_settings().site_sources)


def test_tables_of_urls_are_no_site(tmp_path):
    (tmp_path / "wfm.toml").write_text('[sources.telephony]\nurl = "sqlite:///elsewhere.sqlite"\n')

    house = House(load_settings())

    assert ((), "sqlite:///elsewhere.sqlite") == (house.source_map.members, house.settings.url_of_source)


def test_passwords_of_the_list_are_shown_nowhere(tmp_path):
    (tmp_path / "secret").write_text("mysql+pymysql://u:sekret@head/calls")
    settings = load_settings(sources=[HEAD, {"map": "telephony", "name": "branch", "url_file": tmp_path / "secret"}])

    assert "sekret" not in repr(settings)
    assert "sekret" not in settings.model_dump_json()
    with pytest.raises(SettingsError) as raised:
        load_settings(sources=[{**HEAD, "urll": "mysql://u:sekret@x"}])
    assert "sekret" not in str(raised.value)


@pytest.mark.parametrize(
    ("entries", "more", "words"),
    [
        pytest.param(
            [HEAD, HEAD], {}, "two of the sources are called 'telephony'.*name = 'telephony_2'", id="one_name"
        ),
        pytest.param([HEAD, BANK], {}, "different time zones.*Stockholm.*Jerusalem.*set time_zone", id="two_zones"),
        pytest.param([HEAD | {"is_ended": True}], {}, "every source of the list is_ended", id="all_ended"),
        pytest.param(
            [HEAD], {"source_url": "sqlite:///x"}, "source_url .* and a list of sources are both set", id="a_url"
        ),
        pytest.param([{"map": "nowhere"}], {}, "source must be one of", id="no_map"),
    ],
)
def test_what_a_list_cannot_mean_is_refused(entries, more, words):
    with pytest.raises(SettingsError, match=words):
        _ = house_of(*entries, **more).source_map


def test_a_source_set_beside_a_list_is_refused_unless_the_command_names_it(monkeypatch):
    monkeypatch.setenv("WFM_SOURCE", "telephony")
    with pytest.raises(SettingsError, match=r"source .* and a list of sources are both set"):
        load_settings(sources=[HEAD, BRANCH])


def test_a_command_that_names_a_member_reads_it_alone_and_stays_in_the_site():
    house = house_of(HEAD, BRANCH, source="branch")

    assert ("telephony", ("branch",)) == (house.source_map.name, tuple(part.name for part in house.read_parts))


def test_a_command_that_names_another_source_is_about_that_alone():
    house = house_of(HEAD, BRANCH, source="anonymous_bank")

    assert ("anonymous_bank", ()) == (house.source_map.name, house.source_map.members)


def test_a_source_that_has_ended_is_not_read_and_stays_in_the_site():
    house = house_of(HEAD, BRANCH | {"is_ended": True})

    assert ("telephony",) == tuple(part.name for part in house.read_parts)
    assert ("telephony", "branch") == tuple(part.name for part in house.source_map.parts)
    assert {"telephony"} == house.parts_in_use


def test_a_member_without_a_place_is_said_by_its_name():
    house = house_of({"map": "anonymous_bank"})

    with pytest.raises(SettingsError, match=r"where is source 'anonymous_bank'\? Set url, or url_file, of its entry"):
        house.open_source(house.source_map.parts[0])


def test_the_map_of_a_file_has_no_members(tmp_path):
    text = 'name = "x"\ntitle = "x"\nmembers = []\n[tables]\n'
    (tmp_path / "x.toml").write_text(text)

    with pytest.raises(SettingsError, match="members"):
        _ = House(load_settings(source=str(tmp_path / "x.toml"))).source_map
