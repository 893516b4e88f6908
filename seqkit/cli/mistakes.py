"""Collecting mistakes, so that all are reported in one go."""

from collections.abc import Iterator
from contextlib import contextmanager

from seqkit.errors import Problem, UserError

__all__ = ["Mistakes"]


class Mistakes:
    """A list of problems that is raised at the end, if it is not empty."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def add(self, where: str, message: str) -> None:
        """Note a problem."""
        self.problems.append(Problem(message, where))

    @contextmanager
    def collected(self) -> Iterator[None]:
        """Note the problems that a block raises, and go on after it."""
        try:
            yield
        except UserError as error:
            self.problems.extend(error.problems)

    def raise_any(self) -> None:
        """Raise what was noted.

        Raises:
            UserError: something was.
        """
        if self.problems:
            raise UserError(dict.fromkeys(self.problems))  # each once, in the order found
