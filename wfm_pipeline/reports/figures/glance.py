"""Pictures so small that the Dagster UI shows them where the numbers stand: it opens Markdown of up to 1,000 characters by itself.

The full pictures are in forecast.py and its neighbours, behind a click. Here: a few lines over one axis, as SVG.
"""

import base64
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

MOST_CHARACTERS: Final = 999
"""Longest Markdown that the UI shows by itself [characters]."""
_WIDTH, _HEIGHT, _TOP = 360, 90, 10
_SHOWN_WIDTH: Final = 480


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a small picture.

    Attributes:
        values: One per place of the axis, >= 0; NaN leaves a gap.
        color: As `#rrggbb`.
        width: Of the stroke; a band's edges are thinner.
    """

    values: Sequence[float]
    color: str
    width: float = 1.5


def glance(lines: Sequence[Line], *, words: str, top: float | None = None) -> str:
    """A small picture as Markdown, from 0 to a highest value, which stands at its top.

    Args:
        lines: All over the same axis, so of the same length.
        words: What is shown, which color is what, from when to when; says so where the data are simulated.
        top: The highest value; the largest there is where none is given.

    Returns:
        At most `MOST_CHARACTERS`: neighbouring values are averaged until the picture fits; only the words where there is
        nothing to draw.
    """
    longest = max((len(line.values) for line in lines), default=0)
    known = (value for line in lines for value in line.values if not math.isnan(value))
    highest = max(known, default=0.0) if top is None else top
    for together in range(1, longest + 1) if highest > 0 else ():
        thinned = [Line(_means(line.values, together), line.color, line.width) for line in lines]
        markdown = f"{words}\n\n![picture]({_data_uri(_svg(thinned, highest))})"
        if len(markdown) <= MOST_CHARACTERS:
            return markdown
    return words[:MOST_CHARACTERS]


def _means(values: Sequence[float], together: int) -> list[float]:
    chunks = (values[start : start + together] for start in range(0, len(values), together))
    known = ([value for value in chunk if not math.isnan(value)] for chunk in chunks)
    return [sum(chunk) / len(chunk) if chunk else math.nan for chunk in known]


def _svg(lines: Sequence[Line], top: float) -> str:
    paths = "".join(
        f'<path d="{_path(line.values, top)}" stroke="{line.color}" stroke-width="{line.width:g}"/>' for line in lines
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_SHOWN_WIDTH}" fill="none">'
        f'<path d="M0 {_HEIGHT}h{_WIDTH}" stroke="#999"/>{paths}'
        f'<text y="8" font-size="8" fill="#777">{top:,.0f}</text></svg>'
    )


def _path(values: Sequence[float], top: float) -> str:
    """Moves and lines of one path; after the first point of a stretch each is relative to the one before, which is shorter."""
    step = _WIDTH / max(len(values) - 1, 1)
    words, last = "", None
    for place, value in enumerate(values):
        if math.isnan(value):
            last = None
            continue
        here = (round(place * step), round(_HEIGHT - (_HEIGHT - _TOP) * value / top))
        if last is None:
            words += f"M{here[0]} {here[1]}"
        else:
            words += f"l{here[0] - last[0]} {here[1] - last[1]}"
        last = here
    return words.replace(" -", "-")


def _data_uri(svg: str) -> str:
    return f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}"
