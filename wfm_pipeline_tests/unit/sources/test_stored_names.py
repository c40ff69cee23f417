"""Names as every engine keeps them: short ones as they are, long ones with a hash, no two the same."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wfm_pipeline.contracts.source.stored_names import bronze_table_name, stored_name

SOURCES = st.from_regex(r"[a-z][a-z_]{0,39}", fullmatch=True)
TABLES = st.from_regex(r"[A-Za-z_][A-Za-z_+ ]{0,62}", fullmatch=True)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=200))
def test_every_column_has_a_name_that_every_engine_keeps(name):
    kept = stored_name(name)

    assert 0 < len(kept.encode()) <= 63
    assert "\0" not in kept
    assert kept == name or len(name.encode()) > 63 or not name or "\0" in name


@given(SOURCES, TABLES, SOURCES, TABLES)
def test_two_tables_never_share_a_name(source, table, other, others):
    names = bronze_table_name(source, table), bronze_table_name(other, others)

    assert max(len(name.encode()) for name in names) <= 63
    assert (names[0] == names[1]) is ((source, table) == (other, others))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(("a__b", "c"), ("a", "b__c"), id="two_signs_in_a_source"),
        pytest.param(("a_", "b"), ("a", "_b"), id="a_sign_at_its_end"),
        pytest.param(("a" * 40, "b" * 62 + "c"), ("a" * 40, "b" * 63), id="a_last_letter"),
    ],
)
def test_names_that_would_be_cut_or_joined_alike_are_not(one, other):
    assert bronze_table_name(*one) != bronze_table_name(*other)


def test_a_short_name_is_as_it_always_was():
    assert "telephony__queue_cdr" == bronze_table_name("telephony", "queue_cdr")
    assert "QueueId" == stored_name("QueueId")
    assert re.fullmatch(r"a{40}_b_[0-9a-f]{20}", bronze_table_name("a" * 40, "b" * 63))
