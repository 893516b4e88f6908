"""What people hand over from Python, checked before a task makes examples of it.

A table of texts is seldom whole: a missing one is ``None`` or ``nan``. Both would become words.
"""

import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from numbers import Number
from typing import Any

import numpy as np

from seqkit.errors import Problem, UserError, shorten
from seqkit.tasks import Task
from seqkit.text.unicode import nfc

__all__ = [
    "answer_texts",
    "equal_labels",
    "is_number",
    "make_examples",
    "tag_lists",
    "texts",
    "texts_or_words",
]


def make_examples(
    task: Task[Any, Any, Any], inputs: Iterable[Any], targets: Iterable[Any] | None = None
) -> list[Any]:
    """Make a task's examples; what is no input or no answer for any task is refused first.

    Args:
        task: makes the examples.
        inputs: N texts, or whatever else the task takes.
        targets: N gold answers, or None. Those that are text are brought to NFC, as files are.

    Raises:
        TypeError: ``inputs`` is one string or mapping, a set, or nothing that holds several.
        UserError: another number of targets than inputs; an input or an answer that is missing;
            a label that is neither text nor number; what the task refuses.
    """
    given = list(inputs if isinstance(inputs, list) else _several(inputs))
    answers = None if targets is None else [_composed(target) for target in targets]
    if answers is not None and len(given) != len(answers):
        raise UserError(f"found {len(given)} inputs and {len(answers)} gold answers")
    wanted = "a text" if type(task).input is Task.input else "what the task takes, such as a text"
    problems = _problems(given, "input", _is_missing, wanted)
    if answers is not None and task.classifies:
        problems += _problems(answers, "label", _is_no_label, "a label: a text or a number")
    elif answers is not None:
        problems += _problems(answers, "answer", _is_missing, "a gold answer")
    _refuse(problems)
    return task.examples(given, answers)


def texts(inputs: Sequence[Any]) -> list[str]:
    """Return inputs that are all texts, for the ``examples`` of a task that takes nothing else.

    Raises:
        UserError: some are none; all of them together.

    Example:
        >>> texts(["It rains.", ["It", "rains"]])
        Traceback (most recent call last):
            ...
        seqkit.errors.UserError: input 2: found ['It', 'rains'] (list), wanted a text
    """
    _refuse(_problems(inputs, "input", lambda value: not isinstance(value, str), "a text"))
    return list(inputs)


def texts_or_words(inputs: Sequence[Any], *, beside: tuple[type, ...] = ()) -> list[Any]:
    """Return inputs that are all texts or lists of words, for the ``examples`` of a tagger.

    Args:
        inputs: what was given.
        beside: types that the task takes too.

    Raises:
        UserError: some are none; all of them together.

    Example:
        >>> texts_or_words(["It rains.", ["It", float("nan")]])
        Traceback (most recent call last):
            ...
        seqkit.errors.UserError: input 2: found ['It', nan] (list), wanted a text or a list of words
    """

    def wrong(value: Any) -> bool:
        if isinstance(value, (str, *beside)):
            return False
        return not isinstance(value, Iterable) or any(not isinstance(w, str) for w in value)

    _refuse(_problems(inputs, "input", wrong, "a text or a list of words"))
    return list(inputs)


def is_number(answer: Any) -> bool:
    """Tell whether an answer is a number or a truth value, of Python or of NumPy."""
    return isinstance(answer, Number | np.bool_)


def equal_labels(answers: Iterable[Any], labels: Collection[Any]) -> list[Any]:
    """Return answers, each number as the label that it equals: 1, 1.0 and True are one label.

    Tasks know labels as text, and would take them for three.

    Args:
        answers: gold answers.
        labels: those that a model knows, as numbers or as text.

    Example:
        >>> equal_labels([1, 0.0, "good"], ["0", "1.0", "good"])
        ['1.0', '0', 'good']
    """
    values = {_as_number(label): label for label in labels}
    exact = {label for label in labels if isinstance(label, str)}
    return [
        values.get(answer, answer) if is_number(answer) and str(answer) not in exact else answer
        for answer in answers
    ]


def _as_number(label: Any) -> Any:
    """Return the number that a label is, or that its text says; else the label."""
    if not isinstance(label, str):
        return label
    if label in ("True", "False"):
        return label == "True"
    try:
        return float(label)
    except ValueError:
        return label


def tag_lists(targets: Sequence[Any]) -> list[tuple[str, ...]]:
    """Return gold answers that are all lists of tags, as text in NFC.

    Raises:
        UserError: some are none; all of them together.

    Example:
        >>> tag_lists([["PRON", "VERB"], "NOUN"])
        Traceback (most recent call last):
            ...
        seqkit.errors.UserError: answer 2: found 'NOUN' (str), wanted a list of tags
    """

    def wrong(value: Any) -> bool:
        return isinstance(value, str) or not isinstance(value, Iterable)

    _refuse(_problems(targets, "answer", wrong, "a list of tags"))
    return [tuple(nfc(str(tag)) for tag in tags) for tags in targets]


def _composed(answer: Any) -> Any:
    """The same label is the same string, wherever it was typed."""
    return nfc(answer) if isinstance(answer, str) else answer


def answer_texts(targets: Sequence[Any]) -> list[tuple[str, ...]]:
    """Return gold answers, each a text or a number, or several that are right, as texts.

    Raises:
        UserError: answers that are neither; all of them together.

    Example:
        >>> answer_texts(["two", 2, ["2", "two"]])
        [('two',), ('2',), ('2', 'two')]
    """

    def wrong(value: Any) -> bool:
        several = isinstance(value, Iterable) and not _is_scalar(value)
        return any(map(_is_no_label, value)) if several else _is_no_label(value)

    _refuse(_problems(targets, "answer", wrong, "a text or a number, or a list of these"))
    return [tuple(map(str, [value] if _is_scalar(value) else value)) for value in targets]


def _several(inputs: Iterable[Any]) -> Iterable[Any]:
    """Return the inputs, unless they are one, or have no order in which to answer."""
    if isinstance(inputs, str):
        raise TypeError("wanted a list of inputs, found one string; write [text]")
    if isinstance(inputs, Mapping):
        # It would give its keys: the parts of one input, or the names of columns.
        found = f"found one {type(inputs).__name__}; write [input]"
        raise TypeError(f"wanted a list of inputs, {found}")
    if not isinstance(inputs, Iterable) or isinstance(inputs, set | frozenset):
        raise TypeError(f"wanted a list of inputs, found {_shown(inputs)}")
    _refuse_frame(inputs)
    return inputs


def _refuse_frame(inputs: Iterable[Any]) -> None:
    """A data frame would give the names of its columns instead of its rows."""
    if hasattr(inputs, "columns") and hasattr(inputs, "iloc"):
        columns = ", ".join(map(repr, list(inputs.columns)[:5]))
        raise UserError(f"found a data frame, wanted one of its columns; it has {columns}")


def _problems(
    values: Iterable[Any], noun: str, wrong: Callable[[Any], bool], wanted: str
) -> list[Problem]:
    return [
        Problem(f"found {_shown(value)}, wanted {wanted}", f"{noun} {number}")
        for number, value in enumerate(values, 1)
        if wrong(value)
    ]


def _refuse(problems: Sequence[Problem]) -> None:
    if problems:
        raise UserError(shorten(problems))


def _shown(value: Any) -> str:
    """The value and its type; of an array its shape, which says more than its numbers."""
    if value is None:
        return "None"
    if getattr(value, "shape", ()):
        return f"an array of shape {tuple(value.shape)}"
    text = repr(value)
    return f"{text if len(text) <= 40 else text[:37] + '...'} ({type(value).__name__})"


def _is_missing(value: Any) -> bool:
    if isinstance(value, str):
        return False
    # pandas has a missing value of its own, which is no number and equals nothing.
    missing = value is None or type(value).__name__ in ("NAType", "NaTType")
    return missing or (isinstance(value, float | np.floating) and math.isnan(value))


def _is_scalar(value: Any) -> bool:
    return isinstance(value, str | Number) or getattr(value, "shape", None) == ()


def _is_no_label(value: Any) -> bool:
    return _is_missing(value) or not _is_scalar(value)
