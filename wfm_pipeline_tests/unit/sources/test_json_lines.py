"""JSON lines: every object is a row, every value its own text, and what is no row is refused with file and line."""

import gzip
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wfm_pipeline.errors import SourceError
from wfm_pipeline.sources.files.packed import LONGEST_LINE
from wfm_pipeline.sources.files.raw_files import column_names, read_file

CONTACTS = (
    '{"ContactId": "a", "Queue": {"Name": "sales", "Duration": 12}, "Tags": ["x", {"b": 1.50, "a": null}], "Vip": true}\n'
    "\n"
    '{"ContactId": "b", "Queue": null, "Score": 1.50, "Empty": {}, "Text": ""}\n'
)


def read(path, **options):
    chunks = list(read_file(path, chunk_rows=options.pop("chunk_rows", 10_000), **options))
    return [row for chunk in chunks for row in chunk.to_pylist()]


def test_names_inside_names_are_joined_and_values_stand_as_they_are(tmp_path):
    path = tmp_path / "contacts.jsonl"
    path.write_text(CONTACTS)

    assert ["ContactId", "Queue.Name", "Queue.Duration", "Tags", "Vip", "Score", "Text"] == column_names(path)
    first, second = read(path)
    assert ("a", "sales", "12", '["x", {"a": null, "b": 1.50}]', "true", None, None) == tuple(first.values())
    assert ("b", None, None, None, None, "1.50", "") == tuple(second.values())


def test_it_is_read_zipped_with_a_mark_and_by_columns(tmp_path):
    path = tmp_path / "contacts.jsonl.gz"
    path.write_bytes(gzip.compress(b"\xef\xbb\xbf" + CONTACTS.replace("\n", "\r\n").encode()))

    assert [{"Queue.Name": "sales"}, {"Queue.Name": None}] == read(path, columns=["Queue.Name"])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param('{"a": 1}\n[1]\n', r"line 2, is no JSON object: one object a line", id="list"),
        pytest.param('[\n{"a": 1}\n]\n', r"line 1, is no JSON object .*jq -c", id="array_over_lines"),
        pytest.param('{"a": 1}{"a": 2}\n', r"line 1, is no JSON object .*jq -c \. makes lines", id="without_line_ends"),
        pytest.param('{"a": 1}\n{"a": ', r"line 2, is no JSON object .*is it cut off", id="cut_off"),
        pytest.param('{"a": 1, "a": 2}\n', r"line 1, .*it has the name 'a' twice", id="twice"),
        pytest.param('{"a.b": 1, "a": {"b": 2}}\n', r"line 1, .*it has the name 'a.b' twice", id="joined_twice"),
        pytest.param('{"a":' * 40 + "1" + "}" * 40, "line 1, has more than 32 objects", id="deep"),
        pytest.param('{"a":' + "[" * 5000 + "]" * 5000 + "}", "line 1, has more than 32 objects", id="deep_list"),
        pytest.param('{"a": "' + "x" * LONGEST_LINE + '"}', "line 1, is longer than 4 MiB", id="long"),
        pytest.param(
            "{" + ",".join(f'"n{n}": 1' for n in range(1_501)) + "}", "1,501 columns; 1,500 are allowed", id="wide"
        ),
        pytest.param('{"' + "n" * 300 + '": 1}', "column name of 300 characters", id="long_name"),
    ],
)
def test_what_is_no_row_is_refused_with_its_line(tmp_path, text, words):
    path = tmp_path / "contacts.jsonl"
    path.write_text(text)

    with pytest.raises(SourceError, match=words):
        column_names(path)


def test_bytes_that_are_no_text_are_refused_in_one_line(tmp_path):
    path = tmp_path / "contacts.jsonl"
    path.write_bytes(b'{"a": "\xff"}\n')

    with pytest.raises(SourceError, match=r"contacts\.jsonl is no text in UTF-8"):
        read(path)


def test_half_a_character_is_kept_as_a_sign_for_it(tmp_path):
    path = tmp_path / "contacts.jsonl"
    path.write_text('{"a": "x\\ud800"}\n')

    assert [{"a": "x\0"}] == read(path)


NUMBERS = st.sampled_from(["1", "1.0", "1.50", "-0", "1e3", "12345678901234567890", "0.1", "NaN"])


@given(st.lists(st.tuples(NUMBERS, st.text(max_size=3), st.booleans()), min_size=1, max_size=20))
def test_a_value_is_the_same_in_every_chunk(tmp_path_factory, values):
    path = tmp_path_factory.mktemp("chunks") / "contacts.jsonl"
    path.write_text(
        "".join(f'{{"n": {n}, "o": {{"t": {json.dumps(t)}, "b": {json.dumps(b)}}}}}\n' for n, t, b in values)
    )

    expected = [{"n": n, "o.t": t, "o.b": json.dumps(b)} for n, t, b in values]

    assert [expected] * 3 == [read(path, chunk_rows=rows) for rows in (1, 7, 10_000)]
