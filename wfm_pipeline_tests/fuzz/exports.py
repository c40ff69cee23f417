"""Exports of systems and interval files: CSV, gzipped CSV, JSON lines, Parquet and workbooks."""

import io
import json
import zipfile

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import strategies as st
from openpyxl import Workbook

from wfm_pipeline_tests.fuzz.broken import ODD, RAW, broken_table, broken_text, encoded, packed

CALLS = """CallId,LegNumber,Status,Created,LandingNumber,ChannelType,QueueId,callerNr,UserId,WaitTimeInSec,TalkTimeInSec,HoldTimeInSec,AfterCallTimeInSec,Duration,CaseId,Updated
c1,1,ANSWERED,2026-01-05 08:01:00,123,Voice,sales,+46701234567,u1,10,200,0,5,215,,2026-01-05 08:05:00
c1,2,TRANSFERRED,2026-01-05 08:02:00,123,Voice,support,,u2,0,100,0,5,105,k1,2026-01-05 08:06:00
c2,1,ABANDONED,2026-01-06 09:00:00,123,Voice,sales,anonymous,,40,0,,,40,,2026-01-06 09:01:00
"""
INTERVALS = "queue_id,interval_start,calls\n" + "".join(
    f"{queue},2026-01-{day:02d} {hour:02d}:{minute:02d}:00,{hour}\n"
    for queue in ("a", "b") for day in (5, 6) for hour in (8, 9) for minute in (0, 30)
)  # fmt: skip


def _csv(good):
    text = st.one_of(broken_table(good), broken_table(good.replace(",", ";")), broken_text(good))
    return st.one_of(encoded(text), encoded(text), RAW)


def _parquet_of(good):
    """The table with columns of other types, odd values, or bytes of the file spoilt."""
    frame = pd.read_csv(io.StringIO(good), dtype="str", keep_default_na=False)

    @st.composite
    def made(draw):
        columns = {name: frame[name].tolist() for name in frame}
        for name in draw(st.lists(st.sampled_from(list(columns)), max_size=3)):
            kind = draw(
                st.sampled_from(["drop", "int", "float", "odd", "list", "binary", "date", "decimal", "null", "dict"])
            )
            rows = len(frame)
            columns[name] = {
                "drop": None,
                "int": pa.array([2**63 - 1, -1, 0][:rows] * (rows // 3 + 1), pa.int64())[:rows],
                "float": pa.array([float("nan"), 1e308, -0.0] * (rows // 3 + 1), pa.float64())[:rows],
                "odd": [draw(ODD).encode("utf-8", "replace").decode("utf-8") for _ in range(rows)],
                "list": [[1]] * rows,
                "binary": [b"\xff\x00"] * rows,
                "date": pa.array([-(2**31), 2**31 - 1, 0] * (rows // 3 + 1), pa.date32())[:rows],
                "decimal": pa.array([None] * rows, pa.decimal256(76, 3)),
                "null": pa.nulls(rows),
                "dict": pa.array(["a"] * rows).dictionary_encode(),
            }[kind]
        buffer = io.BytesIO()
        pq.write_table(pa.table({name: values for name, values in columns.items() if values is not None}), buffer)
        content = buffer.getvalue()
        if draw(st.integers(0, 2)) == 0:
            place = draw(st.integers(0, len(content) - 1))
            content = content[:place] + draw(st.binary(max_size=8)) + content[place + draw(st.integers(0, 8)) :]
        return content

    return st.one_of(made(), made(), made(), RAW)


def _workbook_of(good):
    """The table as a workbook, with bytes of the file or of its sheet spoilt."""
    book = Workbook()
    for line in good.strip().split("\n"):
        book.active.append(line.split(","))
    whole = io.BytesIO()
    book.save(whole)
    with zipfile.ZipFile(whole) as packed:
        parts = {name: packed.read(name) for name in packed.namelist()}

    @st.composite
    def made(draw):
        name = draw(st.sampled_from(sorted(parts)))
        place = draw(st.integers(0, len(parts[name])))
        odd = draw(st.one_of(st.binary(max_size=8), ODD.map(lambda text: text.encode("utf-8", "replace"))))
        spoilt = parts[name][:place] + odd + parts[name][place + draw(st.integers(0, 8)) :]
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as packed:
            for part, content in parts.items():
                packed.writestr(part, spoilt if part == name else content)
        content = buffer.getvalue()
        cut = draw(st.integers(0, len(content)))
        return content[:cut] if draw(st.integers(0, 9)) == 0 else content

    return st.one_of(made(), made(), made(), RAW)


_JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), ODD),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(ODD, inner, max_size=3)),
    max_leaves=6,
)


def _json_lines_of(good):
    """The table as JSON lines, with odd values, objects inside objects, or bytes of the file spoilt."""
    frame = pd.read_csv(io.StringIO(good), dtype="str", keep_default_na=False)
    rows = frame.to_dict("records")

    @st.composite
    def made(draw):
        lines = []
        for row in rows:
            names = draw(st.lists(st.one_of(st.sampled_from(list(row)), ODD), max_size=3))
            lines.append(json.dumps({**row, **{name: draw(_JSON) for name in names}}))
        content = "\n".join(lines).encode()
        if draw(st.integers(0, 2)) == 0:
            place = draw(st.integers(0, len(content)))
            content = content[:place] + draw(st.binary(max_size=8)) + content[place + draw(st.integers(0, 8)) :]
        return content

    return st.one_of(made(), made(), made(), RAW)


def _all_kinds(stem, good):
    return st.one_of(
        st.fixed_dictionaries({f"{stem}.csv": _csv(good)}),
        st.fixed_dictionaries({f"{stem}.csv.gz": packed(_csv(good))}),
        st.fixed_dictionaries({f"{stem}.parquet": _parquet_of(good)}),
        st.fixed_dictionaries({f"{stem}.xlsx": _workbook_of(good)}),
    )


exports = st.one_of(
    _all_kinds("queue_cdr", CALLS),
    st.fixed_dictionaries({"queue_cdr.jsonl": _json_lines_of(CALLS)}),
    st.fixed_dictionaries({"queue_cdr.jsonl.gz": packed(_json_lines_of(CALLS))}),
)
intervals = _all_kinds("intervals", INTERVALS)
_FOLDS = "dataset,fold,origin,horizon_days,train_from\nd,0,2026-01-06,1,2026-01-05\n"
_PREDICTIONS = "queue_id,interval_start,origin,calls_q10,calls_mean,calls_q90\na,2026-01-06 08:00:00,2026-01-06,1,2,3\n"
folds, predictions = _all_kinds("folds", _FOLDS), _all_kinds("predictions", _PREDICTIONS)
