"""Errors whose text is meant for the person who can mend the cause."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

__all__ = [
    "NotANumberError",
    "Problem",
    "SeqkitError",
    "UserError",
    "and_more",
    "counted",
    "placed",
    "shorten",
]


class SeqkitError(Exception):
    """Anything that seqkit raises on purpose."""


@dataclass(frozen=True)
class Problem:
    """One thing to mend: where it stands, and what was found and wanted."""

    message: str
    where: str = ""

    def __str__(self) -> str:
        return f"{self.where}: {self.message}" if self.where else self.message


class UserError(SeqkitError):
    """Options, configuration or data that cannot be used as they are.

    All problems of one kind are collected and raised together, so that they can be mended in
    one go, each of them once. The command line prints each on a line of its own and exits with
    status 2.
    """

    def __init__(self, problems: str | Problem | Iterable[Problem]) -> None:
        if isinstance(problems, str):
            problems = Problem(problems)
        if isinstance(problems, Problem):
            problems = [problems]
        self.problems = tuple(dict.fromkeys(problems))
        super().__init__("\n".join(str(problem) for problem in self.problems))

    def __reduce__(self) -> tuple[type["UserError"], tuple[tuple[Problem, ...]]]:
        return type(self), (self.problems,)


class NotANumberError(UserError, ValueError):
    """A model computes what is no number: it diverged in training, or its file is damaged."""


@contextmanager
def placed(places: Mapping[str, str]) -> Iterator[None]:
    """Tell of the problems in a block where the person who can mend them finds them.

    Args:
        places: by what a problem says of its place, "" where it says nothing; others are kept.

    Raises:
        UserError: what the block raises, each problem at its new place.
    """
    try:
        yield
    except UserError as error:
        raise UserError(
            Problem(p.message, places.get(p.where, p.where)) for p in error.problems
        ) from None


def shorten(problems: Sequence[Problem], shown: int = 20) -> list[Problem]:
    """Return the first problems of one kind, and a last one that counts the others."""
    return [*problems[:shown], *and_more(len(problems) - shown)]


def counted(count: int, name: str) -> str:
    """Write a number of things whose name is an English plural: "1 text", "1,200 texts"."""
    if count == 1:
        name = f"{name[:-3]}y" if name.endswith("ies") else name.removesuffix("s")
    return f"{count:,} {name}"


def and_more(count: int, what: str = "of the kind", where: str = "") -> list[Problem]:
    """Return the last problem of a list that is cut off, which counts the others, if there are."""
    return [Problem(f"and {count} more {what}", where)] if count > 0 else []
