"""Words of the data as screens, pictures and pages may take them: no character in them commands anything.

Here: what is shown instead of control characters. Not here: markup of one medium (terminal, html_page, markdown).
"""

from typing import Final

_SIGN: Final = "\ufffd"
_PICTURES: Final = 0x2400
"""Where Unicode's pictures of the control characters begin: U+241B is shown for ESC."""
_CONTROLS: Final = {code: chr(_PICTURES + code) for code in range(0x20)} | {0x7F: "\u2421"}
_UNSEEN: Final = dict.fromkeys(
    [
        *range(0x80, 0xA0),  # control characters of 8-bit terminals
        *(0x61C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)),  # they turn the text around them
        *(0x2028, 0x2029),  # further ends of lines
        *range(0xD800, 0xE000),  # halves of a character, which no file takes
    ],
    _SIGN,
)
_ONE_LINE: Final = _CONTROLS | _UNSEEN
_LINES: Final = {code: shown for code, shown in _ONE_LINE.items() if code not in (0x09, 0x0A)}


def one_line(words: str) -> str:
    r"""Words on one line: a control character is shown by its picture, what turns or breaks lines by U+FFFD.

    Example:
        >>> one_line("red\x1b[31m, next\nline")
        'red␛[31m, next␊line'
    """
    return words.translate(_ONE_LINE)


def plain_lines(words: str) -> str:
    """The same for words that may have several lines and tabs."""
    return words.translate(_LINES)
