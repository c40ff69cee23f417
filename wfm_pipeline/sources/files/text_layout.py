"""What a file of text rows looks like: the one home of encoding, line ends, `sep=`, delimiter and header.

Here: looking at a file, and opening it as text or as UTF-8 bytes whatever it was written in. Not here: unpacking
(packed), and who reads the rows: exports (raw_files), people's tables (csv_rows), intervals (interval_file).

What is read as it stands: UTF-8 with or without a byte-order mark, UTF-16, else Windows-1252; lines that end in LF,
CR LF or CR; blank lines; a first line `sep=;` as spreadsheets write it; a column without a name, which gets one.
"""

import codecs
import csv
import functools
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from wfm_pipeline.errors import MOST_NAMED, SourceError, shown
from wfm_pipeline.sources.files.packed import FILES_KNOWN, LONGEST_LINE, checked_names, is_workbook, opened, state_of

DELIMITERS: Final = ",;\t|"
_BLOCK_BYTES: Final = LONGEST_LINE
_SAMPLE_LINES: Final = 20
"""Lines below the header that show the delimiter, and whether the header is one [count]."""
_MOST_BLANK_LINES: Final = 1_000
"""Above the header [count]; a file with more is none of rows."""
_SEPARATOR: Final = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE)
_BLANK: Final = re.compile(r'[\s,;|"]*')
_MARKS: Final = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_WORKBOOKS: Final = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
"""How .xlsx and .xls files begin."""
TEXT_FORMULA: Final = r'^="([^"]*)"$'
"""How spreadsheets write a number that is to stay text: `="0041"`."""
_TOTAL: Final = re.compile(r"\s*((grand|sub)[ -]?)?(totals?|sum|summe|gesamt)\b[\s:=\d.,]*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class TextLayout:
    """How a file of text rows is laid out.

    Attributes:
        encoding: As Python's codecs call it; it takes a byte-order mark off.
        delimiter: What stands between two cells.
        names: Names of the columns, without outer blanks; a column without one has a made-up name.
        lines_above: Lines before the header: blank ones, and `sep=`.
        header_line: Line on which the header ends; a quoted name may hold an end of line.
        notices: What was read otherwise than it stands, in words.
    """

    encoding: str
    delimiter: str
    names: tuple[str, ...]
    lines_above: int
    header_line: int
    notices: tuple[str, ...]


def layout_of(path: Path) -> TextLayout:
    """Look at a file: all of it for its encoding, the first lines for the rest.

    Raises:
        SourceError: it is empty or no text, or its first line is a title.
    """
    return _looked_at(path, state_of(path))


@functools.lru_cache(maxsize=FILES_KNOWN)
def _looked_at(path: Path, _state: tuple[int, ...]) -> TextLayout:
    encoding = encoding_of(path)
    with opened_text(path, encoding, errors="replace") as file:  # who reads the rows says what is no text
        above, told, first = _above(path, file)
        sample = [first, *_sample(file, csv.field_size_limit() - len(first))]
    delimiter = "," if is_workbook(path) else told or _delimiter(sample)
    reader = csv.reader(sample, delimiter=delimiter)
    header = next(reader)
    header_line = above + reader.line_num
    if reader.line_num > 1 and "".join(sample[: reader.line_num]).count('"') % 2:
        raise SourceError(f"{path}, line {above + 1}, has a double quote that does not end", path=str(path))
    _refuse_title(path, above + 1, header, delimiter, sample[reader.line_num :], header_line)
    names, unnamed = _named(header)
    notices = [f"{path.name} is not UTF-8: read as Windows-1252"] if encoding == "cp1252" else []
    if unnamed:
        some = ", ".join(unnamed[:MOST_NAMED]) + (" ..." if unnamed[MOST_NAMED:] else "")
        notices.append(f"{path.name}, line {header_line}, has {len(unnamed)} column(s) without a name: read as {some}")
    return TextLayout(encoding, delimiter, tuple(names), above, header_line, tuple(notices))


def encoding_of(path: Path) -> str:
    """Encoding of a file of text.

    Returns:
        `utf-8-sig` or `utf-16` where a byte-order mark says so, a kind of UTF-16 where every second byte is zero,
        `utf-8` where all of it is UTF-8, else `cp1252`.

    Raises:
        SourceError: it is a workbook, whatever its name says.
    """
    if is_workbook(path):
        return "utf-8"
    with opened(path) as file:
        start = file.read(4)
        if start.startswith(_WORKBOOKS):
            raise SourceError(f"{path} is a spreadsheet's workbook, not text; save it as .xlsx or CSV", path=str(path))
        for mark, name in _MARKS:
            if start.startswith(mark):
                return name
        zeros = [byte == 0 for byte in start]
        if zeros in ([False, True] * 2, [True, False] * 2):
            return "utf-16-be" if zeros[0] else "utf-16-le"
        decoder, block = codecs.getincrementaldecoder("utf-8")(), start
        try:
            while block:
                decoder.decode(block)
                block = file.read(_BLOCK_BYTES)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "cp1252"
    return "utf-8"


@contextmanager
def opened_text(path: Path, encoding: str, *, errors: str = "strict") -> Iterator[IO[str]]:
    """The text of a file, unpacked; a line ends at LF, CR LF or CR and keeps its end."""
    with opened(path) as raw, io.TextIOWrapper(raw, encoding, errors, newline="") as text:
        yield text


@contextmanager
def opened_body(path: Path, layout: TextLayout) -> Iterator[IO[bytes]]:
    """The rows below the header, as UTF-8 bytes; bytes that are UTF-8 already are handed on as they are."""
    with opened_text(path, layout.encoding) as text:
        header = "".join(bounded_line(path, text) for _ in range(layout.header_line))
        if not layout.encoding.startswith("utf-8"):
            with io.BufferedReader(_Utf8(text), _BLOCK_BYTES) as recoded:
                yield recoded
            return
    with opened(path) as raw:
        skipped = len(header.encode()) + (len(codecs.BOM_UTF8) if layout.encoding == "utf-8-sig" else 0)
        while skipped > 0:
            skipped -= len(raw.read(skipped))
        yield raw


def rows_of(path: Path, layout: TextLayout) -> Iterator[tuple[int, list[str]]]:
    """Rows below the header, one by one: the line on which each ends, and its cells; blank lines are left out."""
    with opened_text(path, layout.encoding) as text:
        for _ in range(layout.lines_above):
            bounded_line(path, text)
        reader = csv.reader((line.replace("\0", "\ufffd") for line in text), delimiter=layout.delimiter)
        next(reader)
        for cells in reader:
            if cells:
                yield layout.lines_above + reader.line_num, cells


def unique_names(path: Path, layout: TextLayout) -> list[str]:
    """The names of the columns.

    Raises:
        SourceError: one comes twice, or differs from another in capitals alone, which no warehouse keeps apart; there
            are too many, or one is too long.
    """
    names = checked_names(path, layout.names)
    twins = [name for name in names if [other.lower() for other in names].count(name.lower()) > 1]
    if twins:
        raise SourceError(
            f"{path}, line {layout.header_line}, names columns that differ in capitals alone: {', '.join(twins)}; "
            "rename one or take it away",
            path=str(path),
            present=names,
        )
    return names


def line_of_row(path: Path, layout: TextLayout, row: int) -> int:
    """Line of the file on which a row ends, counted from 0 without blank lines; for messages, for it reads again."""
    return next((line for place, (line, _) in enumerate(rows_of(path, layout)) if place == row), 0)


def bounded_line(path: Path, text: IO[str]) -> str:
    """The next line of a text.

    Raises:
        SourceError: it is longer than any row.
    """
    line = text.readline(LONGEST_LINE + 1)
    if len(line) > LONGEST_LINE:
        raise SourceError(f"{path}: its first line is longer than {LONGEST_LINE >> 20} MiB", path=str(path))
    return line


def is_total(cells: Sequence[str | None], columns: int) -> bool:
    """Whether the last row is a total of those above: it begins with such a word, and does not fill every column."""
    first = cells[0] if cells and columns > 1 else None
    return bool(first and _TOTAL.fullmatch(first)) and (len(cells) < columns or not all(cells))


class _Utf8(io.RawIOBase):
    """A text as UTF-8 bytes."""

    def __init__(self, text: IO[str]) -> None:
        self._text, self._rest = text, b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # (whatever can be written to)
        if not self._rest:
            self._rest = self._text.read(max(1, len(buffer) // 4)).encode()
        given, self._rest = self._rest[: len(buffer)], self._rest[len(buffer) :]
        buffer[: len(given)] = given
        return len(given)


def _above(path: Path, file: IO[str]) -> tuple[int, str | None, str]:
    """Lines above the header, the delimiter if one of them tells it, and the header's first line."""
    told = None
    for above in range(_MOST_BLANK_LINES):
        line = bounded_line(path, file)
        if not line:
            break
        said = _SEPARATOR.fullmatch(line)
        if said and told is None:
            told = said[1]
        elif not _BLANK.fullmatch(line):
            return above, told, line
    raise SourceError(f"{path} is empty: its first line must name the columns", path=str(path))


def _sample(file: IO[str], left: int) -> list[str]:
    """The next lines, as many as CSV's reader can hold in one cell."""
    lines: list[str] = []
    while len(lines) < _SAMPLE_LINES and left > 0 and (line := file.readline(left)):
        left -= len(line)
        if line.endswith(("\n", "\r")) or not file.read(1):
            lines.append(line.replace("\0", "\ufffd"))
        else:
            break
    return lines


def _delimiter(sample: list[str]) -> str:
    """The one at which the lines fall into equally many cells, more than one; of several the one with most cells."""

    def sameness(delimiter: str) -> tuple[bool, bool, float, int]:
        widths = [len(cells) for cells in csv.reader(sample, delimiter=delimiter) if cells]
        width = _usual(widths)
        return widths[0] > 1, width > 1, widths.count(width) / len(widths), width

    return max(DELIMITERS, key=sameness)


def _usual(widths: list[int]) -> int:
    """Cells of most lines; the header's where as many have it."""
    counts = Counter(widths)
    return max(counts, key=lambda width: (counts[width], width == widths[0]))


def _refuse_title(path: Path, line: int, header: list[str], delimiter: str, below: list[str], header_line: int) -> None:
    """A first line with one cell above lines with several is a title, or a header that nobody can read."""
    filled = [cell for cell in header if cell.strip()]
    if filled != header[:1]:
        return
    reader = csv.reader(below, delimiter=delimiter)
    for cells in reader:
        if sum(1 for cell in cells if cell.strip()) > 1:
            raise SourceError(
                f"{path}, line {line}, names one column, {shown(header[0])}, and line {header_line + reader.line_num} "
                f"has {len(cells)} cells: is it a title? take away the lines above the one that names the columns",
                path=str(path),
                line=line,
            )


def _named(header: list[str]) -> tuple[list[str], list[str]]:
    """Names without outer blanks and ends of lines, those that are absent made up; and the made-up ones."""
    names = [re.sub(r"\s*[\r\n]+\s*", " ", name.replace("\ufeff", "")).strip() for name in header]
    made: list[str] = []
    for place, name in enumerate(names):
        if not name:
            new = f"column_{place + 1}"
            while new in map(str.lower, names):
                new += "_"
            names[place] = new
            made.append(new)
    return names, made
