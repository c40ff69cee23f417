"""No personal value is readable in the analysts' copy, whatever one looks at; the copy with persons holds them all.

What is planted is made from the contracts, so a new table or a new personal column joins without a line here.
"""

import re

import duckdb
import psycopg
import pytest

from wfm_pipeline.contracts.gold import CUSTOMER_BEHAVIOR, CUSTOMER_SEGMENT_CHANGE
from wfm_pipeline.contracts.tables import ALL_GOLD_TABLES
from wfm_pipeline.errors import WarehouseError
from wfm_pipeline.warehouse.engines.copies.duckdb_copy import personal_path, published_path
from wfm_pipeline.warehouse.engines.opening import open_warehouse
from wfm_pipeline.warehouse.gold_reader import GoldReader
from wfm_pipeline.warehouse.readers.publication import Readers
from wfm_pipeline.warehouse.readers.publish import publish
from wfm_pipeline_tests.engine_kit import empty_warehouse
from wfm_pipeline_tests.persons_kit import PERSONAL, WORD, canaries, of_gold, plant

KEY = b"k" * 32
FILE = "w.duckdb"


class OnDuckDB:
    """Two files, and all that can be read of them."""

    url = f"duckdb:///{FILE}"
    readers = Readers(pseudonym_key=KEY, personal_folder_mode=0o700)

    def __init__(self, home):
        self.home = home

    def all_text(self, *, with_persons):
        path = (personal_path if with_persons else published_path)(self.home / FILE)
        with duckdb.connect(str(path), read_only=True) as copy:
            names = copy.execute("select schema_name, table_name from duckdb_tables()").fetchall()
            names += copy.execute("select schema_name, view_name from duckdb_views() where not internal").fetchall()
            parts = [copy.execute(f'select * from {schema}."{name}"').fetchall() for schema, name in names]
            parts += [
                copy.execute(f"select * from {function}()").fetchall()
                for function in ("duckdb_tables", "duckdb_views", "duckdb_columns", "duckdb_constraints")
            ]
        return repr(parts) + path.read_bytes().decode("latin-1")


class OnPostgres:
    """Two schemas, and all that their readers can read of them."""

    readers = Readers(pseudonym_key=KEY, personal_roles=["postgres"])

    def __init__(self, url, home):
        self.url, self.home = url, home

    def all_text(self, *, with_persons):
        schema = "gold_personal" if with_persons else "gold_published"
        of_schema = "from pg_class as c where c.relnamespace = %s::regnamespace"
        with psycopg.connect(self.url, autocommit=True) as con:
            names = con.execute(f"select relname {of_schema} and relkind in ('r', 'v', 'm', 'p')", [schema]).fetchall()
            con.execute("analyze")
            parts = [con.execute(f'select * from {schema}."{name}"').fetchall() for (name,) in names]
            parts.append(con.execute("select * from pg_stats where schemaname = %s", [schema]).fetchall())
            parts.append(
                con.execute(
                    f"select d.* from pg_description as d where d.objoid in (select c.oid {of_schema})", [schema]
                ).fetchall()
            )
            parts.append(con.execute("select * from pg_views where schemaname = %s", [schema]).fetchall())
        return repr(parts)


@pytest.fixture(scope="module", params=["duckdb", pytest.param("postgres", marks=pytest.mark.postgres)])
def desk(request, tmp_path_factory):
    """A warehouse of each engine with planted persons; every test publishes anew."""
    home = tmp_path_factory.mktemp("house")
    with empty_warehouse(request.param, home) as url:
        made = OnDuckDB(home) if request.param == "duckdb" else OnPostgres(url, home)
        with open_warehouse(made.url, home) as warehouse:
            plant(warehouse)
        yield made


def publish_at(desk, readers, **words):
    with open_warehouse(desk.url, desk.home) as warehouse:
        return publish(warehouse, readers=readers, **words)


def persons_in(text):
    """Planted values that stand in a text, whole or cut off."""
    return sorted(set(re.findall(f"{WORD}.{{0,50}}", text)))


def test_no_planted_value_is_in_the_analysts_copy_and_each_is_in_the_one_with_persons(desk):
    done = publish_at(desk, desk.readers)

    assert [] == persons_in(desk.all_text(with_persons=False))
    told = desk.all_text(with_persons=True)
    assert set() == {value for value in of_gold() if value not in told}
    assert ("of_somebody_else",) == done.left_out


def test_a_copy_that_showed_persons_leaves_nothing_of_them_when_it_shows_none_any_more(desk):
    publish_at(desk, Readers())
    assert persons_in(desk.all_text(with_persons=False))

    publish_at(desk, desk.readers, changed=set())

    assert [] == persons_in(desk.all_text(with_persons=False))


def test_pseudonyms_join_and_free_text_is_null(desk):
    publish_at(desk, desk.readers)

    with GoldReader.open(desk.url, desk.home) as gold:
        for table, column in PERSONAL:
            if table.layer != "gold":
                continue
            seen = gold.rows(table.name)[column.name]
            assert seen.isna().all() if column.is_free_text else len(set(seen)) == len(canaries(table, column)), (
                f"{table.full_name}.{column.name}"
            )


def test_both_copies_are_of_one_publish_and_say_what_they_show(desk):
    done = publish_at(desk, desk.readers)

    for with_persons, how in ((False, "pseudonyms"), (True, "keys")):
        with GoldReader.open(desk.url, desk.home, with_persons=with_persons) as gold:
            stamp = gold.rows("publication").iloc[0]
        assert (done.stamp.publish_id, how) == (stamp["publish_id"], stamp["persons"])


def test_a_copy_with_persons_is_made_only_where_somebody_asks_and_goes_when_nobody_does_any_more(desk):
    publish_at(desk, Readers(pseudonym_key=KEY))
    with pytest.raises(WarehouseError, match=r"there is no copy with persons.*personal_reader"):
        GoldReader.open(desk.url, desk.home, with_persons=True)
    publish_at(desk, desk.readers)
    GoldReader.open(desk.url, desk.home, with_persons=True).close()

    publish_at(desk, Readers(pseudonym_key=KEY), changed=set())

    with pytest.raises(WarehouseError, match="there is no copy with persons"):
        GoldReader.open(desk.url, desk.home, with_persons=True)
    assert not personal_path(desk.home / FILE).parent.exists()


def test_only_changed_tables_are_renewed_in_both_copies(desk):
    publish_at(desk, desk.readers)
    with open_warehouse(desk.url, desk.home) as warehouse:
        for table in (CUSTOMER_BEHAVIOR, CUSTOMER_SEGMENT_CHANGE):
            warehouse.execute(f"update {table.full_name} set segment_name = 'of today'")

    publish_at(desk, desk.readers, changed={"customer_behavior"})

    for with_persons in (False, True):
        with GoldReader.open(desk.url, desk.home, with_persons=with_persons) as gold:
            assert {"of today"} == set(gold.rows("customer_behavior")["segment_name"])
            assert "of today" not in set(gold.rows("customer_segment_change")["segment_name"])


def test_what_is_somebodys_key_is_a_text_and_never_free():
    for table in ALL_GOLD_TABLES:
        for column in table.columns:
            assert not column.is_free_text or column.personal, f"{table.full_name}.{column.name}"
            if column.personal and column.name in table.key:
                assert column.has_pseudonym, f"{table.full_name}.{column.name}: rows could not be told apart"
