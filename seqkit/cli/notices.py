"""Lines for people on stderr, and how what stands in a file is shown: a terminal obeys none of it.

A text, a label, a path, what a model file says of itself: all of them may be a stranger's.
"""

import re
import sys

__all__ = ["CONTROLS", "say", "visible"]

CONTROLS = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069"
    r"\xad\u200b\u2060-\u2064\ufeff]"
    r"|(?<=[ -~\s\u3131-\u318e\uac00-\ud7a3])\u200d"
)
"""Control characters but for tabs and line ends, and those that turn the direction of writing.

And characters that nobody sees, by which two labels differ that look the same: spaces without
width, soft hyphens, joiners after what never joins. A joiner inside an emoji or a word of another
script is part of how it is drawn.
"""


def visible(text: str) -> str:
    r"""Write control and invisible characters as escapes: a terminal obeys or hides them.

    Example:
        >>> visible("red \x1b[31m")
        'red \\x1b[31m'
        >>> visible("good\u200b")
        'good\\u200b'
    """
    return CONTROLS.sub(_escape, text)


def _escape(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"


def say(*lines: str) -> None:
    """Print lines on stderr, their control characters made visible."""
    for line in lines:
        print(visible(line), file=sys.stderr)
