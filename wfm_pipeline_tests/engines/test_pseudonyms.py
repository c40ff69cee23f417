"""Readers know customers and agents by pseudonyms: the same in every table, of every engine, for good."""

import pandas as pd
import pytest

from wfm_pipeline.contracts.gold import CUSTOMER_BEHAVIOR
from wfm_pipeline.errors import WarehouseError
from wfm_pipeline.warehouse.engines.opening import open_warehouse
from wfm_pipeline.warehouse.engines.scope import Scope
from wfm_pipeline.warehouse.gold_reader import GoldReader
from wfm_pipeline.warehouse.readers.pseudonyms import home_key, pseudonym
from wfm_pipeline.warehouse.readers.publication import Readers
from wfm_pipeline.warehouse.readers.publish import publish

KEY, OTHER_KEY = b"k" * 32, b"o" * 32
CUSTOMERS = ["+46701234567", "O'Hara \\ \U0001f642", "(unknown)"]


@pytest.fixture
def url(engine_url):
    return engine_url


def published(url, home, readers, customers=CUSTOMERS, **words):
    """Customers as readers see them after a publish."""
    with open_warehouse(url, home) as warehouse:
        rows = pd.DataFrame({"source": "s", "customer_key": customers, "segment_name": "x"})
        rows = rows.reindex(columns=list(CUSTOMER_BEHAVIOR.column_names)).assign(
            calls=1, calls_per_week=1.0, segment_since=None
        )
        warehouse.replace(CUSTOMER_BEHAVIOR, rows, Scope())
        publish(warehouse, readers=readers, **words)
    return seen(url, home)


def seen(url, home):
    with GoldReader.open(url, home) as gold:
        return set(gold.rows("customer_behavior")["customer_key"])


def test_readers_see_keyed_hashes_and_nobody_keeps_its_name(url, tmp_path):
    expected = {pseudonym("customer", value, KEY) for value in CUSTOMERS[:2]} | {"(unknown)"}

    assert expected == published(url, tmp_path, Readers(pseudonym_key=KEY))
    assert all(len(name) == len("customer-") + 20 for name in expected - {"(unknown)"})


def test_a_person_keeps_a_pseudonym_once_given_also_under_another_key(url, tmp_path):
    first = published(url, tmp_path, Readers(pseudonym_key=KEY))

    assert first == published(url, tmp_path, Readers(pseudonym_key=OTHER_KEY))
    later = published(url, tmp_path, Readers(pseudonym_key=OTHER_KEY), customers=[*CUSTOMERS, "new"])
    assert {pseudonym("customer", "new", OTHER_KEY)} == later - first


def test_what_readers_see_changes_with_the_setting_also_in_tables_that_did_not(url, tmp_path):
    named = published(url, tmp_path, Readers(pseudonym_key=KEY))
    with open_warehouse(url, tmp_path) as warehouse:
        publish(warehouse, readers=Readers(), changed=set())
    assert set(CUSTOMERS) == seen(url, tmp_path)
    with open_warehouse(url, tmp_path) as warehouse:
        publish(warehouse, readers=Readers(pseudonym_key=KEY), changed=set())
    assert named == seen(url, tmp_path)


def test_the_key_is_made_once_and_a_damaged_one_is_not_replaced_in_silence(tmp_path):
    key = home_key(tmp_path)

    assert key == home_key(tmp_path)
    assert 0o600 == (tmp_path / "pseudonym.key").stat().st_mode & 0o777
    (tmp_path / "pseudonym.key").write_text("")
    with pytest.raises(WarehouseError, match="put the one of the last backup there"):
        home_key(tmp_path)
