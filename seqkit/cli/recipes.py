"""Reading a recipe: a TOML file of options, each with the line it stands on."""

import re
import tomllib
from pathlib import Path
from typing import Any, NamedTuple

from seqkit.errors import Problem, UserError

__all__ = ["Given", "read_recipe"]


class Given(NamedTuple):
    """A value and where it was given: ``recipe.toml:3`` or ``--units``."""

    value: Any
    where: str


def read_recipe(path: Path) -> dict[str, Given]:
    """Read the options of a recipe, by name.

    Raises:
        UserError: no such file, not UTF-8, or not TOML.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UserError(Problem(f"cannot be read: {error.strerror}", str(path))) from None
    except UnicodeDecodeError:
        raise UserError(Problem("not UTF-8", str(path))) from None
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UserError(_syntax_problem(path, str(error))) from None
    except ValueError:
        digits = "one of its whole numbers has thousands of digits, more than any option takes"
        raise UserError(Problem(digits, str(path))) from None
    except RecursionError:
        nested = "its values are nested too deeply, wanted one value an option"
        raise UserError(Problem(nested, str(path))) from None
    return {key: Given(value, f"{path}:{_line_of(key, text)}") for key, value in values.items()}


def _syntax_problem(path: Path, message: str) -> Problem:
    """Move the line out of tomllib's message to where editors look for it."""
    found = re.search(r"\(at line (\d+), column \d+\)", message)
    where = f"{path}:{found[1]}" if found else str(path)
    reason = re.sub(r" \(at .*\)", "", message)
    return Problem(f"not TOML: {reason[:1].lower()}{reason[1:]}", where)


def _line_of(key: str, text: str) -> int:
    pattern = re.compile(rf"\s*(\[+\s*)?[\"']?{re.escape(key)}[\"']?\s*[=.\]]")
    lines = enumerate(text.splitlines(), 1)
    return next((number for number, line in lines if pattern.match(line)), 1)
