"""What a command says on a terminal or into a pipe: no word is markup, and none commands the terminal.

Names and paths stand as they are, control characters as pictures of themselves. Everything a command prints goes
through a `Screen`. Here too: nothing that needs pandas, for it takes a second to import. Tables: terminal.py.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias

from rich.console import Console, ConsoleOptions, Group, RenderableType
from rich.segment import Segment
from rich.text import Text

from wfm_pipeline.reports.words.plain_words import one_line, plain_lines

Showable: TypeAlias = RenderableType
"""What a screen can show."""


def stacked(*parts: RenderableType) -> RenderableType:
    """Lines and tables, one below the other."""
    return Group(*parts)


class Screen(Console):
    """A console that takes every word as it stands."""

    def __init__(self, **options: Any) -> None:
        """Take rich's options, except those that read words as more than words."""
        super().__init__(**options, markup=False, emoji=False, highlight=False)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """As rich renders it; control characters that are not rich's own become visible."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else Segment(plain_lines(segment.text), segment.style)

    def say(self, words: str, *, head: str = "", style: str = "") -> None:
        """One line: a coloured head, where there is one, and the words."""
        begin = Text.assemble((one_line(head), style), " ") if head else Text()
        self.print(begin.append(one_line(words)))

    @contextmanager
    def progress(self, words: str) -> Iterator[Callable[[str], None]]:
        """A line that moves while something takes long; give it new words as it goes on."""
        with self.status(Text(one_line(words))) as status:
            yield lambda more: status.update(Text(one_line(more)))
