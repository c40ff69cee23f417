"""One HTML file that needs nothing else: text escaped, pictures inside, no script, no address.

Here: the few building blocks of a printed page. Not here: what a report says (reports/backtest).
Same input, same bytes: pictures carry no date and no random names.
"""

import base64
import html
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wfm_pipeline.reports.figures.drawing import as_png, as_svg
from wfm_pipeline.reports.words.plain_words import one_line

if TYPE_CHECKING:
    from matplotlib.figure import Figure


_STYLE = """
:root { color-scheme: light; }
* { box-sizing: border-box; }
body { font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", Arial, sans-serif;
  color: #222; background: #fff; margin: 0 auto; padding: 24px 20px 60px; max-width: 1080px; }
h1 { font-size: 26px; line-height: 1.25; margin: 0 0 6px; overflow-wrap: anywhere; }
h2 { font-size: 19px; margin: 38px 0 8px; padding-top: 12px; border-top: 1px solid #ddd; }
p { margin: 8px 0; max-width: 860px; overflow-wrap: anywhere; }
.badge { display: inline-block; padding: 1px 9px; margin: 0 6px 6px 0; border-radius: 10px; font-size: 12px;
  font-weight: 600; background: #eef3f8; color: #2b5075; }
.badge.warn { background: #fdebd8; color: #8a4500; }
.tiles { display: flex; flex-wrap: wrap; gap: 12px; margin: 16px 0; }
.tile { flex: 1 1 150px; border: 1px solid #dde3e8; border-radius: 8px; padding: 10px 14px; }
.tile b { display: block; font-size: 25px; line-height: 1.2; color: #1f4e79; }
.tile span { font-size: 13px; color: #555; display: block; }
dl.words { display: grid; grid-template-columns: 190px 1fr; gap: 7px 18px; margin: 14px 0; }
dl.words dt { font-weight: 600; }
dl.words dd { margin: 0; max-width: 820px; overflow-wrap: anywhere; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: 13px; margin: 8px 0; }
th, td { padding: 4px 9px; text-align: right; border-bottom: 1px solid #e6e6e6; white-space: nowrap; }
th { background: #f5f7f9; font-weight: 600; vertical-align: bottom; white-space: normal; }
th:first-child, td:first-child, .text { text-align: left; }
td:first-child, td.text { max-width: 300px; overflow-wrap: anywhere; white-space: normal; }
td:first-child { min-width: 90px; } .wide td:first-child { min-width: 190px; } td.text { min-width: 180px; }
tr.ours td { background: #eaf2fa; }
tr.ours td:first-child { font-weight: 700; }
tr.quiet td { color: #666; font-style: italic; }
td.best { font-weight: 700; }
img { width: 100%; height: auto; display: block; margin: 8px 0 4px; }
figure { margin: 14px 0; break-inside: avoid; }
figcaption, .note { font-size: 13px; color: #555; max-width: 860px; }
@media (max-width: 640px) { dl.words { grid-template-columns: 1fr; } }
@media print { body { max-width: none; padding: 0; font-size: 11pt; } h2 { break-after: avoid; }
  table, .tile { break-inside: avoid; } .scroll { overflow: visible; }
  table { font-size: 8pt; } th, td { padding: 2px 5px; } }
"""
_PRINT_DPI = 150
_SHORT = 12
"""Letters of a first cell from which its column is given more room."""
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table.

    Attributes:
        cells: Text of the cells, not yet escaped.
        kind: `ours`, `quiet` or empty.
        best: Cells shown in bold, by position.
    """

    cells: Sequence[str]
    kind: str = ""
    best: frozenset[int] = frozenset()


def page(title: str, body: Iterable[str]) -> str:
    """A whole page around parts that are HTML already."""
    head = (
        f'<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{_text(title)}</title><style>{_STYLE}</style>"
    )
    return f'<!doctype html>\n<html lang="en"><head>{head}</head>\n<body>\n' + "\n".join(body) + "\n</body></html>\n"


def text(words: str, tag: str = "p", *, kind: str = "") -> str:
    """Escaped words in a tag."""
    attribute = f' class="{kind}"' if kind else ""
    return f"<{tag}{attribute}>{_text(words)}</{tag}>"


def table(head: Sequence[str], rows: Iterable[Row], *, text_columns: frozenset[int] = frozenset()) -> str:
    """A table; the first column and `text_columns` are words, the others numbers."""
    titles = "".join(
        f'<th class="text">{_text(name)}</th>' if place in text_columns else f"<th>{_text(name)}</th>"
        for place, name in enumerate(head)
    )
    lines = list(rows)
    body = "".join(_line(row, text_columns) for row in lines)
    kind = ' class="wide"' if any(len(row.cells[0]) > _SHORT for row in lines) else ""
    return f'<div class="scroll"><table{kind}><thead><tr>{titles}</tr></thead><tbody>{body}</tbody></table></div>'


def _line(row: Row, text_columns: frozenset[int]) -> str:
    kind = f' class="{row.kind}"' if row.kind else ""
    cells = "".join(
        f"<td{_cell_class(place, row, text_columns)}>{_text(cell)}</td>" for place, cell in enumerate(row.cells)
    )
    return f"<tr{kind}>{cells}</tr>"


def _cell_class(place: int, row: Row, text_columns: frozenset[int]) -> str:
    names = [name for name, is_so in (("text", place in text_columns), ("best", place in row.best)) if is_so]
    return f' class="{" ".join(names)}"' if names else ""


def tiles(values: Iterable[tuple[str, str]]) -> str:
    """Large figures, each with the words below it."""
    boxes = "".join(
        f'<div class="tile"><b>{_text(value)}</b><span>{_text(words)}</span></div>' for value, words in values
    )
    return f'<div class="tiles">{boxes}</div>'


def word_list(pairs: Iterable[tuple[str, str]]) -> str:
    """Headings with the sentences that belong to them."""
    lines = "".join(f"<dt>{_text(head)}</dt><dd>{_text(words)}</dd>" for head, words in pairs)
    return f'<dl class="words">{lines}</dl>'


def picture(figure: "Figure", caption: str, *, is_raster: bool = False) -> str:
    """A figure inside the page; its caption is also the text for those who cannot see it.

    Args:
        figure: The figure.
        caption: Words below it.
        is_raster: True for figures with thousands of marks, which are smaller as PNG than as SVG.
    """
    kind, content = ("png", as_png(figure, dpi=_PRINT_DPI)) if is_raster else ("svg+xml", as_svg(figure))
    source = f"data:image/{kind};base64,{base64.b64encode(content).decode()}"
    words = _text(caption)
    return f'<figure><img alt="{words}" src="{source}"><figcaption>{words}</figcaption></figure>'


def _text(words: str) -> str:
    """Words as HTML shows them: no tag, no entity, and nothing that turns the text around them."""
    return html.escape(one_line(words))
