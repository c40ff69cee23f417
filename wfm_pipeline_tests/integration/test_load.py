"""Loading a file into a source database: replaced whole or added to, never half, and read back the same."""

import datetime as dt
import gzip
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa

from wfm_pipeline.errors import SettingsError, SourceError
from wfm_pipeline.sources.load import load_file
from wfm_pipeline.sources.maps import load_map
from wfm_pipeline.sources.opening import open_reader
from wfm_pipeline.warehouse.bronze.days import ledger
from wfm_pipeline.warehouse.bronze.versions import BronzeCounts, append_versions
from wfm_pipeline.warehouse.engines.opening import open_warehouse

BANK = load_map("anonymous_bank")
CALLS = BANK.tables[0]
HEADER = "vru+line,call_id,customer_id,priority,type,date,vru_entry,vru_exit,vru_time,q_start,q_exit,q_time,outcome,ser_start,ser_exit,ser_time,server"
CALL_1 = "AA0101,1,0,0, TT,1999-03-01,10:00:00,10:00:05,5,00:00:00,00:00:00,0,AGENT,10:00:05,10:01:05,60,ÅSA"
CALL_2 = (
    "AA0101,2,6.02E+11,2,PS,1999-03-01,23:59:00,23:59:10,10,23:59:10,23:59:40,30,AGENT,23:59:40,00:00:20,40,NO_SERVER"
)


@pytest.fixture(params=["sqlite", "mariadb", "postgres"])
def database(request, tmp_path):
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'made' / 'bank.sqlite'}"
    if request.param == "mariadb":
        return request.getfixturevalue("mariadb_url")
    return request.getfixturevalue("postgres_url").replace("postgresql://", "postgresql+psycopg://")


def written(folder: Path, *lines: str, name: str = "calls.csv", header: str = HEADER) -> Path:
    path = folder / name
    path.write_text("\n".join([header, *lines, ""]), encoding="utf-8")
    return path


def ids(url: str) -> list[int]:
    with open_reader(url) as reader:
        return sorted(row for chunk in reader.read(CALLS) for row in chunk["call_id"].to_pylist())


def test_a_loaded_file_is_read_back_as_it_stands(tmp_path, database) -> None:
    file = written(tmp_path, CALL_1, CALL_2)

    assert load_file(BANK, file, database) == 2

    with open_reader(database) as reader, open_reader(str(tmp_path)) as folder:
        from_database = [row for chunk in reader.read(CALLS) for row in chunk.to_pylist()]
        from_file = [row for chunk in folder.read(CALLS) for row in chunk.to_pylist()]
        assert reader.day_counts(CALLS) == {dt.date(1999, 3, 1): 2}
    assert from_database == from_file
    assert (from_database[0]["type"], from_database[0]["server"]) == (" TT", "ÅSA")
    assert from_database[1]["ser_exit"] == dt.time(0, 0, 20)


def test_loading_again_replaces_and_append_adds(tmp_path, database) -> None:
    load_file(BANK, written(tmp_path, CALL_1), database)

    load_file(BANK, written(tmp_path, CALL_2), database)
    after_replacing = ids(database)
    load_file(BANK, written(tmp_path, CALL_1), database, is_append=True)

    assert after_replacing == [2]
    assert ids(database) == [1, 2]


def test_append_makes_the_table_where_there_is_none(tmp_path, database) -> None:
    assert load_file(BANK, written(tmp_path, CALL_1), database, is_append=True) == 1
    assert ids(database) == [1]


@pytest.mark.parametrize("is_append", [False, True])
def test_a_file_that_fails_half_way_leaves_the_database_as_it_was(tmp_path, database, is_append) -> None:
    load_file(BANK, written(tmp_path, CALL_1), database)
    good = [CALL_2.replace(",2,", f",{number},", 1) for number in range(2, 70_000)]
    broken = written(tmp_path, *good, CALL_2.replace("1999-03-01", "1999-02-31"), name="broken.csv")

    with pytest.raises(
        SourceError,
        match="column date must be date; row 69999 holds something written like '9999-99-99'; nothing was loaded",
    ):
        load_file(BANK, broken, database, is_append=is_append)

    assert ids(database) == [1]
    with open_reader(database) as reader:
        assert reader.tables() == ["calls"]


def test_a_database_that_was_empty_stays_empty_when_the_file_fails(tmp_path, database) -> None:
    broken = written(tmp_path, CALL_1.replace(",1,", ",one,", 1))

    with pytest.raises(SourceError, match="column call_id must be int64; row 1 holds something written like 'xxx'"):
        load_file(BANK, broken, database)

    with open_reader(database) as reader:
        assert reader.tables() == []


def test_other_tables_of_the_database_are_left_alone(tmp_path, database) -> None:
    load_file(BANK, written(tmp_path, CALL_1), database)
    engine = sa.create_engine(database, poolclass=sa.NullPool)
    with engine.begin() as con:
        con.exec_driver_sql("create table notes (text varchar(10))")
    engine.dispose()

    load_file(BANK, written(tmp_path, CALL_2), database)

    with open_reader(database) as reader:
        assert reader.tables() == ["calls", "notes"]


def test_gzip_and_parquet_load_like_csv(tmp_path) -> None:
    url = f"sqlite:///{tmp_path / 'bank.sqlite'}"
    plain = written(tmp_path, CALL_1, CALL_2)
    zipped = tmp_path / "calls.csv.gz"
    zipped.write_bytes(gzip.compress(plain.read_bytes()))
    as_parquet = tmp_path / "calls.parquet"
    values = [line.split(",") for line in (CALL_1, CALL_2)]
    pq.write_table(
        pa.table(dict(zip(HEADER.split(","), map(list, zip(*values, strict=True)), strict=True))), as_parquet
    )

    hashes = []
    for file in (plain, zipped, as_parquet):
        load_file(BANK, file, url)
        with open_reader(url) as reader:
            hashes.append([row for chunk in reader.read(CALLS) for row in chunk["_row_hash"].to_pylist()])

    assert hashes == [hashes[0]] * 3


def test_a_file_with_other_columns_is_refused_with_both_lists(tmp_path) -> None:
    renamed = written(tmp_path, CALL_1, header=HEADER.replace("outcome", "result"))

    with pytest.raises(SourceError, match=r"lacks columns \['outcome'\] and has unknown ones \['result'\]"):
        load_file(BANK, renamed, f"sqlite:///{tmp_path / 'bank.sqlite'}")


def test_a_file_of_no_table_is_refused_where_the_source_has_several(tmp_path) -> None:
    with pytest.raises(SettingsError, match=r"name the file after its table, got calls\.csv"):
        load_file(load_map("telephony"), written(tmp_path, CALL_1), f"sqlite:///{tmp_path / 'x.sqlite'}")


def test_tables_of_other_maps_are_made_from_their_types(tmp_path, database) -> None:
    own = (tmp_path / "desk.toml").as_posix()
    Path(own).write_text(
        'name = "desk"\ntitle = "A desk"\n[tables.calls]\nrole = "call_legs"\nload = "incremental"\nkey = ["call_id"]\n'
        'business_date = "at"\n[tables.calls.types]\ncall_id = "int64"\nqueue = "string"\nat = "timestamp"\n'
        'share = "float64"\nis_new = "boolean"\n[tables.calls.columns]\ncall_id = "call_id"\nqueue_id = "queue"\n'
        'started_at = "at"\nstatus = "queue"\n'
    )
    desk = load_map(own)
    file = written(tmp_path, "7,red,2026-01-01 10:00:00.5,0.25,true", header="call_id,queue,at,share,is_new")

    load_file(desk, file, database)

    with open_reader(database) as reader:
        (row,) = next(reader.read(desk.tables[0])).to_pylist()
    assert (row["call_id"], row["queue"], row["share"], row["is_new"]) == (7, "red", 0.25, True)
    assert row["_misfits"] is None


@pytest.mark.real_data
@pytest.mark.slow
def test_every_public_call_goes_through_mariadb_into_bronze_whatever_the_driver(
    tmp_path, real_data, mariadb_url, mariadb_odbc_url
) -> None:
    file = real_data / "anonymous_bank_1999" / "calls.parquet"
    counts = []

    loaded = load_file(BANK, file, mariadb_url)
    with open_warehouse("duckdb:///house.duckdb", tmp_path) as warehouse:
        for number, url in enumerate((mariadb_url, mariadb_odbc_url)):
            with open_reader(url) as reader:
                days = reader.day_counts(CALLS)
                found = append_versions(
                    warehouse, source_map=BANK, table_map=CALLS, read=lambda source=reader: source.read(CALLS),
                    batch_id=str(number), ingested_at=dt.datetime(2026, 1, 1),
                )  # fmt: skip
                counts.append(found)
        known = ledger(warehouse, BANK, CALLS)

    # The second driver's rows hash like the first one's: every one of them is known.
    assert loaded == 318_286
    assert counts == [BronzeCounts(318_286, 318_286, 0), BronzeCounts(318_286, 0, 318_286)]
    assert (len(days), min(days), max(days)) == (271, dt.date(1999, 1, 1), dt.date(1999, 10, 31))
    assert known == days
    assert {dt.date(1999, 1, 11), dt.date(1999, 1, 12)} & set(days) == set()
