"""How every picture is drawn and saved: words of the data stand in it as they are, letter by letter.

Here: the style all pictures share, names in pictures, and figures as PNG and SVG. Not here: what a picture shows
(forecast.py and its neighbours). Same input, same bytes: no date and no random names inside.
"""

import io
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from wfm_pipeline.reports.words.plain_words import one_line

if TYPE_CHECKING:
    from matplotlib.figure import Figure


_LETTERS: Final[dict[str, Any]] = {
    "text.parse_math": False,  # a queue may be called `Cost $\frac$ desk`
    "text.usetex": False,
    "svg.hashsalt": "wfm",
    "svg.fonttype": "path",
}
_STYLE: Final[Mapping[str, Any]] = {"font.size": 8, "axes.spines.top": False, "axes.spines.right": False}
_LONGEST: Final = 28
"""Letters of a name; longer ones are cut."""
_NO_SUCH_LETTER: Final = r"Glyph \d+ .* missing from"
"""Matplotlib's warning, once for each letter the font lacks; it draws a box in its place, which is all we want."""


@contextmanager
def drawing(style: Mapping[str, Any] | None = None) -> Iterator[None]:
    """Make and draw on figures inside the `with`.

    Args:
        style: More settings of matplotlib, over those that all pictures share.
    """
    import matplotlib as mpl

    with mpl.rc_context({**_LETTERS, **_STYLE, **(style or {})}):
        yield


def picture_text(words: object, *, longest: int = _LONGEST) -> str:
    """A name as a picture shows it: one line, cut where it is very long."""
    line = one_line(str(words))
    return line if len(line) <= longest else f"{line[: longest - 1]}…"


def as_png(figure: "Figure", *, dpi: int = 110) -> bytes:
    """A figure as PNG, without the writer's name in it."""
    return _saved(figure, format="png", dpi=dpi, metadata={"Software": None})


def as_svg(figure: "Figure") -> bytes:
    """A figure as SVG: letters as outlines, no date, the same bytes for the same figure."""
    return _saved(figure, format="svg", metadata={"Date": None, "Creator": None})


def _saved(figure: "Figure", **options: Any) -> bytes:
    """Some ticks get their words only now, so letters are literal here too."""
    import matplotlib as mpl

    buffer = io.BytesIO()
    with mpl.rc_context(_LETTERS), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=_NO_SUCH_LETTER)
        figure.savefig(buffer, **options)
    return buffer.getvalue()
