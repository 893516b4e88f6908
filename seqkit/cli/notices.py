"""Lines for people on stderr, and how what stands in a file is shown: a terminal obeys none of it.

A text, a label, a path, what a model file says of itself: all of them may be a stranger's.
"""

import re
import sys

__all__ = ["CONTROLS", "say", "visible"]

CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""Control characters but for tabs and line ends, and those that turn the direction of writing."""


def visible(text: str) -> str:
    r"""Write control characters as escapes: a terminal would obey those of a text or label.

    Example:
        >>> visible("red \x1b[31m")
        'red \\x1b[31m'
    """
    return CONTROLS.sub(_escape, text)


def _escape(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"


def say(*lines: str) -> None:
    """Print lines on stderr, their control characters made visible."""
    for line in lines:
        print(visible(line), file=sys.stderr)
