"""A full disk, a read-only folder, a damaged file: one line that says what came and what to do, and no half left behind.

The disks are small file systems of the test's own, in a namespace that ends with it.
"""

import socket
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import duckdb
import pytest

from wfm_pipeline.errors import MachineError, WarehouseError
from wfm_pipeline.machine import machine_error, machine_error_in, write_whole
from wfm_pipeline.warehouse.engines.opening import open_warehouse
from wfm_pipeline.warehouse.gold_reader import GoldReader
from wfm_pipeline_tests.process_kit import WFM, environment, in_namespace, the_error

# $1: size of the disk, $2: its folder; the rest: a command. Then what is on the disk, without what SQLite keeps for itself.
ON_A_SMALL_DISK = """
cp -r "$2" "$2.before"; mount -t tmpfs -o size="$1" none "$2"; cp -r "$2.before/." "$2"; folder="$2"; shift 2
code=0; "$@" || code=$?
cd "$folder"; find . -type f | sort >&1; exit $code
"""
ON_A_READ_ONLY_DISK = """
mount --bind "$1" "$1"; mount -o remount,bind,ro "$1"; shift; exec "$@"
"""
HEADER = "vru+line,call_id,customer_id,priority,type,date,vru_entry,vru_exit,vru_time,q_start,q_exit,q_time,outcome,ser_start,ser_exit,ser_time,server"
ROW = "AA0101,{},0,0,TT,1999-03-01,10:00:00,10:00:05,5,00:00:00,00:00:00,0,AGENT,10:00:05,10:01:05,60,ASA"


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    """A folder that becomes the small disk."""
    folder = tmp_path / "disk"
    folder.mkdir()
    return folder


def on_a_small_disk(size: str, disk: Path, *words: object, **settings: object):
    """Run `wfm` with its home on a disk of that size; its output ends with the files that are there afterwards."""
    env = environment(WFM_HOME=disk, TMPDIR=disk.parent, **settings)
    return in_namespace(ON_A_SMALL_DISK, size, disk, *WFM, *words, env=env, cwd=disk.parent)


def test_a_sample_on_a_full_disk_says_so_and_leaves_the_former_one(disk: Path) -> None:
    (disk / "samples").mkdir()
    (disk / "samples" / "contact_centre.sqlite").write_bytes(b"the former one")

    ended = on_a_small_disk("2m", disk, "sample", "--months", "2")

    assert (1, ["./samples/contact_centre.sqlite"]) == (ended.returncode, ended.stdout.splitlines())
    assert "database or disk is full" in the_error(ended.stderr)
    assert "200 MB free" in the_error(ended.stderr)


def test_a_load_on_a_full_disk_says_so_and_leaves_the_table_as_it_was(disk: Path) -> None:
    file, database = disk.parent / "calls.csv", disk / "bank.sqlite"
    words = ["load", "anonymous_bank", file, "--to", f"sqlite:///{database}"]
    file.write_text("\n".join([HEADER, ROW.format(1), ""]), encoding="utf-8")
    subprocess.run([*WFM, *words], check=True, env=environment(WFM_HOME=disk), cwd=disk.parent)
    file.write_text("\n".join([HEADER, *map(ROW.format, range(20_000)), ""]), encoding="utf-8")
    kept = ["sh", "-c", f'"$@"; code=$?; cp {database}* {disk.parent}; exit $code', "sh"]

    env = environment(WFM_HOME=disk, TMPDIR=disk.parent)
    ended = in_namespace(ON_A_SMALL_DISK, "600k", disk, *kept, *WFM, *words, env=env, cwd=disk.parent)

    assert 1 == ended.returncode
    assert "the disk is full" in the_error(ended.stderr)
    with closing(sqlite3.connect(disk.parent / "bank.sqlite")) as con:  # takes the half back by its journal
        assert [(1,)] == con.execute("select count(*) from calls").fetchall()


def test_a_publish_on_a_full_disk_says_so_and_readers_keep_the_former_copy(disk: Path) -> None:
    (disk / "warehouse" / "wfm_readers").mkdir(parents=True)
    with duckdb.connect(str(disk / "warehouse" / "wfm.duckdb")) as con:
        con.execute("create schema gold; create table gold.big as select random() x from range(600_000)")
        con.execute("checkpoint")
    (disk / "warehouse" / "wfm_readers" / "wfm_gold.duckdb").write_bytes(b"the former copy")
    size = (disk / "warehouse" / "wfm.duckdb").stat().st_size // 1024 + 1_000

    ended = on_a_small_disk(f"{size}k", disk, "publish", WFM_READERS_SEE="keys")  # a table of no contract is shown

    copies = [name for name in ended.stdout.splitlines() if "_gold" in name]
    assert (1, ["./warehouse/wfm_readers/wfm_gold.duckdb"]) == (ended.returncode, copies)
    assert "the disk is full" in the_error(ended.stderr)


@pytest.mark.parametrize(
    "words", [["sample", "--months", "2"], ["publish"], ["run"], ["doctor"], ["dev", "--port", "65431"]], ids=lambda words: words[0]
)  # fmt: skip
def test_a_read_only_home_is_told_in_one_line(disk: Path, words) -> None:
    env = environment(WFM_HOME=disk / "home", TMPDIR=disk.parent, COLUMNS=300)

    ended = in_namespace(ON_A_READ_ONLY_DISK, disk, *WFM, *words, env=env, cwd=disk.parent)

    assert 1 == ended.returncode
    assert "Traceback" not in ended.stderr
    assert "Read-only file system" in " ".join((ended.stderr + ended.stdout).split())
    assert [] == list(disk.iterdir())


def test_a_port_that_is_taken_is_told_before_anything_is_started(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ended = subprocess.run(
            [*WFM, "dev", "--port", port], check=False, capture_output=True, text=True, cwd=tmp_path,
            env=environment(WFM_HOME=tmp_path / "home"),
        )  # fmt: skip

    assert 1 == ended.returncode
    assert f"port {port} on 127.0.0.1 cannot be used (Address already in use)" in the_error(ended.stderr)
    assert "wfm dev --port " in the_error(ended.stderr)
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize(
    "spoil", [lambda _: b"no database at all" * 999, lambda whole: whole[:9_000]], ids=["other", "cut"]
)
def test_a_damaged_warehouse_says_what_to_put_in_its_place(tmp_path: Path, spoil) -> None:
    path = tmp_path / "wfm.duckdb"
    with duckdb.connect(str(path)) as con:
        con.execute("create table rows as select random() x from range(100_000)")
    path.write_bytes(spoil(path.read_bytes()))

    with pytest.raises(WarehouseError, match="put the last backup in their place") as caught:
        open_warehouse("duckdb:///wfm.duckdb", tmp_path)

    assert "\n" not in str(caught.value)


def test_a_damaged_readers_copy_is_made_again_by_publish(tmp_path: Path) -> None:
    (tmp_path / "wfm_readers").mkdir()
    (tmp_path / "wfm_readers" / "wfm_gold.duckdb").write_bytes(b"no database at all" * 999)

    with pytest.raises(WarehouseError, match="make the readers' copy again with `wfm publish`"):
        GoldReader.open("duckdb:///wfm.duckdb", tmp_path)


@pytest.mark.parametrize(
    ("said", "what"),
    [
        ("[Errno 28] No space left on device: '/data/x'", "the disk is full"),
        ("[Errno 122] Disk quota exceeded", "the disk is full"),
        ("(sqlite3.OperationalError) database or disk is full\n[SQL: insert into secrets]", "the disk is full"),
        ('IO Error: Cannot open file "/x/y": Read-only file system', "the disk may only be read"),
        ("[Errno 13] Permission denied: '/data'", "this user may not read or write there"),
        ("Out of Memory Error: could not allocate block", "memory is out"),
        ("Unable to allocate 8.0 GiB for an array", "memory is out"),
        ("(sqlite3.OperationalError) disk I/O error", "the disk reports an error"),
        ("permission denied for schema gold", None),  # a database's grants are no fault of the machine
        ("division by zero", None),
    ],
)
def test_what_drivers_say_becomes_our_words(said: str, what: str | None) -> None:
    found = machine_error_in(said)

    assert what == (found.what if found else None)
    assert "secrets" not in str(found)


def test_the_error_behind_the_error_is_found() -> None:
    error = RuntimeError("the step failed")
    error.__cause__ = OSError(28, "No space left on device", "/data/x")

    found = machine_error(error)

    assert isinstance(found, MachineError)
    assert "/data/x" in found.detail
    assert machine_error(KeyError("x")) is None


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "settings" / "wfm.toml"
    write_whole(path, "the former one")

    with pytest.raises(UnicodeEncodeError):
        write_whole(path, "half of it\ud800")

    assert "the former one" == path.read_text(encoding="utf-8")
    assert [path] == list(path.parent.iterdir())
