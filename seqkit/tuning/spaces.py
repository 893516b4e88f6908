"""Which values of which options a search tries."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from seqkit.errors import Problem, UserError
from seqkit.options import Option, options_of, parse
from seqkit.suggestions import suggest
from seqkit.training.config import TrainingConfig

__all__ = ["Choices", "Dimension", "Range", "default_space", "read_dimension"]

FACTOR = {int: 2, float: 10}
"""A number without limits is looked for between its default over this and times this."""

WIDE = 10
"""From this ratio of its ends on, a range is searched by factors instead of by steps."""

HIGHEST_RATE = 0.6
"""A rate of dropout above this is legal, and seldom worth a trial; ``key=low..high`` tries it."""

ALWAYS = ("learning_rate", "units")
"""Options that are searched beside the rates of dropout, where nobody says which."""


@dataclass(frozen=True)
class Range:
    """Numbers from ``low`` to ``high``, both included.

    Attributes:
        name: of the option.
        low: smallest value.
        high: largest value.
        whole: whether only whole numbers are tried.
    """

    name: str
    low: float
    high: float
    whole: bool

    @property
    def by_factors(self) -> bool:
        """Whether small values are tried as often as large ones."""
        return self.low > 0 and self.high / self.low >= WIDE

    def __str__(self) -> str:
        return f"{self.name}={self.low:g}..{self.high:g}"


@dataclass(frozen=True)
class Choices:
    """Some values.

    Attributes:
        name: of the option.
        values: as text, to be parsed like an option.
    """

    name: str
    values: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.name}={','.join(self.values)}"


Dimension: TypeAlias = Range | Choices


def read_dimension(config: type[TrainingConfig], text: str) -> Dimension:
    """Read ``key=low..high``, ``key=a,b,c``, or ``key`` for its usual range.

    Several names for one option, such as poolings side by side, are joined by "+": ``max+mean``.

    Raises:
        UserError: an unknown option, values that it cannot have, or no range that is usual.
    """
    key, equals, values = text.partition("=")
    name = key.strip().replace("-", "_")
    known = {item.name: item for item in options_of(config)}
    if name not in known:
        raise _problem(key, f"no such option; {suggest(name, known)}")
    item = known[name]
    if not equals:
        return _usual(item)
    low, dots, high = values.partition("..")
    if dots:
        return _range(config, item, low.strip(), high.strip())
    return _choices(config, item, [value.strip() for value in values.split(",")])


def _range(config: type[TrainingConfig], item: Option, low: str, high: str) -> Range:
    if item.inner_type not in FACTOR:
        raise _problem(item.name, f"found {low}..{high}, wanted values like a,b: it is no number")
    ends = [getattr(_parsed(config, item, end), item.name) for end in (low, high)]
    if None in ends or not ends[0] < ends[1]:
        raise _problem(item.name, f"found {low}..{high}, wanted the smaller number first")
    return Range(item.name, ends[0], ends[1], whole=item.inner_type is int)


def _choices(config: type[TrainingConfig], item: Option, values: Sequence[str]) -> Choices:
    values = [value.replace("+", ",") if _is_list(item) else value for value in values]
    for value in values:
        _parsed(config, item, value)
    if len(set(values)) < len(values) or len(values) < 2:
        raise _problem(item.name, f"found {','.join(values)}, wanted two or more values, each once")
    return Choices(item.name, tuple(values))


def _parsed(config: type[TrainingConfig], item: Option, value: str) -> TrainingConfig:
    """Check a value alone; what does not go together with others shows when it is tried."""
    try:
        return parse(config, {item.name: value})
    except UserError as error:
        own = [problem for problem in error.problems if problem.where == item.name]
        raise UserError([Problem(p.message, f"--search {item.name}") for p in own]) from None


def _usual(item: Option) -> Dimension:
    """Return the values that an option's type and limits suggest.

    Raises:
        UserError: they suggest none.
    """
    if item.choices:
        return Choices(item.name, item.choices)
    if item.inner_type is bool:
        return Choices(item.name, ("true", "false"))
    if found := _usual_range(item):
        return found
    raise _problem(item.name, f"wanted values, such as {item.name}=low..high or {item.name}=a,b")


def _usual_range(item: Option) -> Range | None:
    whole = item.inner_type is int
    if item.inner_type not in FACTOR or _is_list(item):
        return None
    if item.minimum is not None and item.maximum is not None:
        high = min(item.maximum, HIGHEST_RATE) if _drops(item) else item.maximum
        return Range(item.name, item.minimum, high, whole)
    if not item.default:
        return None
    factor = FACTOR[item.inner_type]
    low, high = item.default / factor, item.default * factor
    low = max(low, item.minimum if item.minimum is not None else low)
    high = min(high, item.maximum if item.maximum is not None else high)
    return Range(item.name, round(low) if whole else low, high, whole) if low < high else None


def _is_list(item: Option) -> bool:
    return bool(item.inner_type == tuple[str, ...])


def _drops(item: Option) -> bool:
    return item.name.endswith("dropout")


def _is_searched(item: Option) -> bool:
    # Between layers there is something to drop only where there are several.
    rate = item.group == "encoder" and _drops(item) and item.name != "layer_dropout"
    return rate or item.name in ALWAYS


def default_space(
    config: type[TrainingConfig], *, fixed: Collection[str] = ()
) -> tuple[Dimension, ...]:
    """Return what is searched where nobody says: learning rate, units, and rates of dropout.

    Args:
        config: the options of a task.
        fixed: names of those that have a value which is not to be changed.

    Raises:
        UserError: all of them are fixed, so that nothing is left to search.
    """
    items = [item for item in options_of(config) if _is_searched(item)]
    left = [item for item in items if item.name not in fixed]
    found = tuple(usual for item in left if (usual := _usual_range(item)) is not None)
    if not found:
        names = ", ".join(item.name for item in items)
        wanted = "name what is to be searched, such as --search learning_rate"
        message = f"missing, and what is searched by default is fixed ({names}); {wanted}"
        raise UserError(Problem(message, "--search"))
    return found


def _problem(name: str, message: str) -> UserError:
    return UserError(Problem(message, f"--search {name}"))
