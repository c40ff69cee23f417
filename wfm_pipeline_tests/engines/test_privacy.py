"""What is kept is its user's alone, readers get to their copy and no further, and raw values are forgotten in time."""

import datetime as dt
import os
import stat

import pandas as pd
import pytest

from wfm_pipeline.contracts.silver import REJECTED_ROWS
from wfm_pipeline.errors import WfmError
from wfm_pipeline.warehouse.engines.opening import open_warehouse
from wfm_pipeline.warehouse.engines.scope import Scope
from wfm_pipeline.warehouse.readers.privacy import close_home, privacy_words
from wfm_pipeline.warehouse.silver.rows import FORGOTTEN, forget_raw

URL = "duckdb:///warehouse/wfm.duckdb"


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def old_home(tmp_path):
    """As an older version left it: open to everybody."""
    home = tmp_path / "home"
    (home / "warehouse" / "wfm_readers").mkdir(parents=True)
    (home / "warehouse" / "wfm.duckdb").touch(0o644)
    for folder in (home, home / "warehouse"):
        folder.chmod(0o755)
    return home


def test_a_home_that_an_older_version_left_open_is_closed(old_home):
    with pytest.raises(WfmError, match=r"others may look into .*home \(mode 0755\)"):
        privacy_words(old_home, URL, 0o700)

    close_home(old_home, URL, 0o700)

    assert [0o700, 0o700, 0o600] == [mode(old_home / name) for name in (".", "warehouse", "warehouse/wfm.duckdb")]
    assert "nobody else may read the readers' copy" in privacy_words(old_home, URL, 0o700)


def test_who_may_read_the_copy_passes_through_home_and_lists_nothing_there(old_home):
    close_home(old_home, URL, 0o755)

    assert [0o711, 0o711, 0o600] == [mode(old_home / name) for name in (".", "warehouse", "warehouse/wfm.duckdb")]
    assert "everybody may read the readers' copy" in privacy_words(old_home, URL, 0o755)


def test_what_stands_beside_the_warehouse_is_closed_too_and_a_link_is_not_followed(old_home, tmp_path):
    (old_home / "dagster").mkdir(mode=0o755)
    (old_home / "dagster").chmod(0o755)
    outside = tmp_path / "outside"
    outside.touch(0o644)
    (old_home / "link").symlink_to(outside)

    close_home(old_home, URL, 0o755)

    assert [0o700, 0o644] == [mode(old_home / "dagster"), mode(outside)]


def test_a_home_of_another_user_is_left_as_it_is(old_home, monkeypatch):
    def refuse(*_args, **_words):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "chmod", refuse)
    close_home(old_home, URL, 0o700)

    assert 0o755 == mode(old_home)


def test_raw_values_of_old_findings_are_forgotten_and_rule_and_hash_stay(tmp_path, engine_url):
    seen = {"old": dt.datetime(2026, 1, 1), "young": dt.datetime(2026, 3, 1)}
    rows = pd.DataFrame({"row_hash": list(seen), "seen_at": list(seen.values())}).assign(
        source="s", table="calls", rule="r", is_row_refused=True, reason="'Anna' is no number", raw='{"name": "Anna"}',
        batch_id="b", business_date=None,
    )  # fmt: skip

    with open_warehouse(engine_url, tmp_path) as warehouse:
        warehouse.replace(REJECTED_ROWS, rows, Scope())
        forget_raw(warehouse, "other", dt.datetime(2026, 2, 1))
        assert 2 == warehouse.table("silver.rejected_rows").raw.count().execute()
        forget_raw(warehouse, "s", dt.datetime(2026, 2, 1))
        left = warehouse.frame(warehouse.table("silver.rejected_rows")).set_index("row_hash")

    assert [FORGOTTEN, "'Anna' is no number"] == left.loc[["old", "young"], "reason"].tolist()
    assert [True, False] == left.loc[["old", "young"], "raw"].isna().tolist()
    assert {"r"} == set(left["rule"])
