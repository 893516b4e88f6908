"""Two texts that belong together, as people write them: a pair, or one text with a tab in it."""

from collections.abc import Sequence
from typing import Any

from seqkit.errors import Problem, UserError, shorten

__all__ = ["text_pairs"]


def text_pairs(
    inputs: Sequence[Any], *, names: tuple[str, str] = ("first", "second")
) -> list[tuple[str, str]]:
    """Return pairs of texts.

    Args:
        inputs: pairs, or texts with a tab between two parts.
        names: what the parts are, for messages.

    Raises:
        UserError: inputs that are neither; all of them together.

    Example:
        >>> text_pairs(["It rains.\\tWhat falls?", ("비가 온다.", "무엇이 오니?")])
        [('It rains.', 'What falls?'), ('비가 온다.', '무엇이 오니?')]
    """
    split = [tuple(item.split("\t")) if isinstance(item, str) else tuple(item) for item in inputs]
    problems = [
        Problem(f"found {_counted(parts)}, wanted {'<TAB>'.join(names)}", f"input {number}")
        for number, parts in enumerate(split, 1)
        if len(parts) != 2
    ]
    if problems:
        raise UserError(shorten(problems))
    return [(first, second) for first, second in split]


def _counted(parts: Sequence[Any]) -> str:
    return "1 part" if len(parts) == 1 else f"{len(parts)} parts"
