"""The two copies of a DuckDB warehouse: each in a folder of its own, of one publish, and shut off from other files."""

import json
import re
import shutil
import stat
from pathlib import Path

import duckdb
import pytest

from wfm_pipeline.contracts.gold import CUSTOMER_BEHAVIOR, GOLD_TABLES
from wfm_pipeline.errors import MachineError, SettingsError
from wfm_pipeline.warehouse.engines.copies.duckdb_copy import personal_path, published_path
from wfm_pipeline.warehouse.engines.opening import open_published, open_warehouse
from wfm_pipeline.warehouse.gold_reader import GoldReader
from wfm_pipeline.warehouse.readers.privacy import close_home, privacy_words
from wfm_pipeline.warehouse.readers.publication import Readers
from wfm_pipeline.warehouse.readers.publish import publish

URL = "duckdb:///w.duckdb"
BOTH = Readers(folder_mode=0o755, pseudonym_key=b"k" * 32, personal_folder_mode=0o750)


@pytest.fixture
def home(tmp_path):
    with open_warehouse(URL, tmp_path) as warehouse:
        for table in GOLD_TABLES:
            warehouse.create(table)
    add_customer(tmp_path, "ann")
    return tmp_path


def add_customer(home, key):
    with open_warehouse(URL, home) as warehouse:
        warehouse.execute(
            f"insert into {CUSTOMER_BEHAVIOR.full_name} (source, customer_key, calls, calls_per_week, segment_name) "
            f"values ('s', '{key}', 1, 1, 'x')"
        )


def publish_at(home, readers=BOTH, **words):
    with open_warehouse(URL, home) as warehouse:
        return publish(warehouse, readers=readers, **words)


def seen(home, *, with_persons):
    with GoldReader.open(URL, home, with_persons=with_persons) as gold:
        return gold.rows("publication")["publish_id"].item(), set(gold.rows("customer_behavior")["customer_key"])


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_each_folder_has_its_own_mode_and_lets_its_readers_pass_and_no_further(home):
    publish_at(home)
    close_home(home, URL, BOTH.folder_mode, BOTH.personal_folder_mode)

    analysts, personal = published_path(home / "w.duckdb"), personal_path(home / "w.duckdb")
    assert [0o755, 0o644] == [mode(analysts.parent), mode(analysts)]
    assert [0o750, 0o640] == [mode(personal.parent), mode(personal)]
    assert 0o711 == mode(home)
    assert privacy_words(home, URL, 0o755, 0o750).endswith(
        "everybody may read the readers' copy, its group the one with persons"
    )


def test_a_folder_of_persons_that_nobody_asks_for_is_closed(home):
    publish_at(home)

    close_home(home, URL, 0o755, None)

    assert 0o700 == mode(personal_path(home / "w.duckdb").parent)


def test_a_publish_that_was_killed_between_the_two_renames_is_made_good_by_the_next(home):
    first = publish_at(home)
    personal = personal_path(home / "w.duckdb")
    shutil.copyfile(personal, home / "former")
    add_customer(home, "bob")
    second = publish_at(home, changed={"customer_behavior"})
    shutil.move(home / "former", personal)  # as if it had been killed before this one was renamed
    assert (first.stamp.publish_id, {"ann"}) == seen(home, with_persons=True)
    assert second.stamp.publish_id == seen(home, with_persons=False)[0]

    third = publish_at(home, changed={"pipeline_health"})

    assert (third.stamp.publish_id, {"ann", "bob"}) == seen(home, with_persons=True)
    assert third.stamp.publish_id == seen(home, with_persons=False)[0]


def test_neither_copy_is_swapped_where_one_cannot_be_written(home):
    first = publish_at(home, Readers(pseudonym_key=BOTH.pseudonym_key))
    add_customer(home, "bob")
    personal_path(home / "w.duckdb").parent.touch()  # a file where the folder should be

    with pytest.raises(MachineError, match="in each other's place"):
        publish_at(home)

    assert first.stamp.publish_id == seen(home, with_persons=False)[0]
    assert [] == [path.name for path in home.rglob("*.tmp*")]


@pytest.mark.parametrize("readers", [Readers(personal_roles=["ann"]), Readers(planner_roles=["ann"])])
def test_roles_are_refused_on_files(home, readers):
    with pytest.raises(
        SettingsError, match=r"_roles \(WFM_[A-Z_]*_ROLES\) needs a warehouse with roles; DuckDB has none"
    ):
        publish_at(home, readers=readers)


OUTSIDE = [
    "select * from read_csv('/etc/passwd')",
    "select * from '/etc/passwd'",
    "select content from read_text('/etc/passwd')",
    "select * from glob('/etc/*')",
    "attach '{home}/other.duckdb' as other",
    "attach '{home}/w.duckdb' as warehouse (read_only)",
    "copy gold.customer_behavior to '{home}/out.csv'",
    "export database '{home}/out'",
    "install httpfs",
    "load httpfs",
    "set enable_external_access = true",
    "set lock_configuration = false",
    "reset lock_configuration",
    "set allowed_directories = ['/etc']",
    "create table gold.mine as select 1",
    "delete from gold.customer_behavior",
]


def all_refused(execute, home):
    for words in OUTSIDE:
        with pytest.raises(duckdb.Error, match=r"disabled|locked|read-only|Cannot change|does not exist"):
            execute(words.format(home=home))


def test_a_readers_connection_gets_at_no_other_file_and_stays_so(home):
    publish_at(home)

    for with_persons in (False, True):
        with open_published(URL, home, with_persons=with_persons) as copy:
            all_refused(copy.execute, home)
            assert 1 == copy.count("gold.customer_behavior")


def test_many_readers_of_one_process_are_all_shut_off(home):
    publish_at(home)

    with open_published(URL, home) as first, open_published(URL, home) as second:
        for copy in (first, second):
            assert [(False, True, "UTC")] == copy.rows(
                "select current_setting('enable_external_access'), current_setting('lock_configuration'), "
                "current_setting('TimeZone')"
            )


def test_the_words_of_the_how_to_shut_a_readers_own_client_off(home):
    publish_at(home)
    page = (Path(__file__).parents[3] / "docs" / "how_to" / "read_gold.md").read_text(encoding="utf-8")
    lines = re.findall(r"^set .*;$", page, flags=re.MULTILINE)
    config = json.loads(re.search(r"config=(\{.*?\})", page)[1])
    path = str(published_path(home / "w.duckdb"))

    with duckdb.connect(path, read_only=True) as copy:
        for line in lines:
            copy.execute(line)
        all_refused(copy.execute, home)
    with duckdb.connect(path, read_only=True, config=config) as copy:
        all_refused(copy.execute, home)
