"""Good files with one or a few things broken, and plain bytes: what all kinds of strategies are made of."""

import gzip

from hypothesis import strategies as st

RAW = st.binary(max_size=400)
NUMBERS = (
    "0",
    "-1",
    "1e-310",
    "1e400",
    "-1e308",
    "nan",
    "inf",
    "9" * 5_000,
    "0x1f",
    "1_000",
    "1,5",
    "1e15",
    "0.1",
    "²",
    "٣",
    "1" * 30,
)
DATES = (
    "0001-01-01",
    "9999-12-31",
    "1989-12-31",
    "2026-02-30",
    "2026-01-01T25:00",
    "2026-W53-7",
    "9999-W53",
    "24:00",
    "2026-03-29 02:30",
)
TEXTS = (
    "",
    " ",
    "\0",
    "\n",
    "\r",
    '"',
    "'",
    "''",
    ",",
    ";",
    ";;:",
    ":",
    "-",
    "=1+1",
    "a" * 5_000,
    "\u202e",
    "\ud7ff",
    "\U0001f600",
    "é",
    "../x",
    "$\\frac$",
    "NaN",
    "None",
    "true",
    "(all)",
    "[",
    "{",
    "*",
    "\\",
)
PATTERNS = ("(a+)+$", "(?=a)", "(", "a{1000}", r"\1", "(?i)x", "[[:alpha:]]", r"\p{L}")
ODD = st.one_of(st.sampled_from([*NUMBERS, *DATES, *TEXTS, *PATTERNS]), st.text(max_size=20))


@st.composite
def broken_text(draw, good):
    """A good text with some places cut out, doubled or filled with something odd."""
    text = draw(st.sampled_from(good) if not isinstance(good, str) else st.just(good))
    for _ in range(draw(st.integers(0, 3))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(0, 30)))
        text = text[:start] + draw(st.one_of(ODD, st.just(text[start:end] * 2))) + text[end:]
    return text


@st.composite
def broken_table(draw, good):
    """A good CSV text with odd cells, and lines or columns that are too many, too few or twice."""
    text = draw(st.sampled_from(good) if not isinstance(good, str) else st.just(good))
    rows = [line.split(",") for line in text.strip().split("\n")]
    for _ in range(draw(st.integers(0, 4))):
        what = draw(st.sampled_from(["cell", "cell", "cell", "row", "drop", "column", "name"]))
        row = draw(st.integers(0 if what == "name" else 1, max(1, len(rows) - 1)))
        if row >= len(rows):
            continue
        place = draw(st.integers(0, max(0, len(rows[row]) - 1)))
        if what == "row":
            rows.append(list(rows[row]))
        elif what == "drop":
            del rows[row]
        elif what == "column":
            rows = [[*cells[:place], *cells[place + 1 :]] for cells in rows]
        elif rows[row]:
            odd = draw(ODD)
            rows[row][place] = odd if draw(st.booleans()) else '"' + odd.replace('"', '""') + '"'
    return "\n".join(",".join(cells) for cells in rows) + "\n"


@st.composite
def encoded(draw, texts):
    """A text as bytes: mostly UTF-8, sometimes as a spreadsheet or another system writes it, sometimes cut off."""
    text = draw(texts)
    name = draw(st.sampled_from(["utf-8"] * 6 + ["utf-8-sig", "utf-16", "cp1252"]))
    content = text.encode(name, errors="replace")
    return content[: draw(st.integers(0, len(content)))] if draw(st.integers(0, 9)) == 0 else content


@st.composite
def packed(draw, contents):
    """Bytes as gzip; sometimes cut off, followed by something, or spoilt in the middle."""
    content = gzip.compress(draw(contents), mtime=0)
    place = draw(st.integers(0, len(content)))
    way = draw(st.sampled_from(["whole", "whole", "cut", "more", "spoilt"]))
    return {
        "whole": content,
        "cut": content[:place],
        "more": content + content[:place] + b"x",
        "spoilt": content[:place] + b"\xff" + content[place + 1 :],
    }[way]


def file_of(name, texts):
    """Examples with one file: the texts in some encoding, or plain bytes."""
    return st.fixed_dictionaries({name: st.one_of(encoded(texts), encoded(texts), encoded(texts), RAW)})
