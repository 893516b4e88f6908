"""What a score is: a function of statistics that add up over examples.

A task hands back one row of statistics for each example (a sentence, a text, a line). A
:class:`Measure` turns their sum into a value. Because the sum is all it looks at, a bootstrap over
examples is a weighted sum of rows, and never runs the model again.

Example:
    >>> import numpy as np
    >>> accuracy = Measure("accuracy", lambda sums: ratio(sums[..., 0], sums[..., 1]))
    >>> statistics = np.array([[1.0, 1.0], [0.0, 1.0]])  # correct, texts
    >>> float(accuracy.compute(statistics.sum(axis=0)))
    0.5
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeAlias

import numpy as np

from seqkit.arrays import Array

__all__ = [
    "Cell",
    "Interval",
    "Measure",
    "Metric",
    "Scoring",
    "Style",
    "Table",
    "format_score",
    "join_scorings",
    "ratio",
]

Style: TypeAlias = Literal["percent", "number"]
"""``percent``: values in [0, 1], shown times 100 with two decimals; ``number``: shown with two
decimals, or with two digits where these would be zeros.
"""

Cell: TypeAlias = str | int | float | None
"""One cell of a table; None and nan are undefined."""


@dataclass(frozen=True)
class Measure:
    """A score as a function of summed statistics.

    Attributes:
        name: as reports show it, such as "accuracy", "macro F1" or "perplexity".
        compute: maps sums (..., K) to values (...), vectorised over the leading axes; nan where the
            score is undefined. :func:`ratio` divides that way.
        higher_is_better: which way is up.
        style: how the value is shown.
        basis: what it is measured over, where that is the model's own, such as its vocabulary:
            values of one name but another basis cannot be ranked. Empty where any two can.
        resampled: whether its values on resamples lie around that on the data, so that quantiles of
            them are an interval; without, it is reported alone.
    """

    name: str
    compute: Callable[[Array], Array]
    higher_is_better: bool = True
    style: Style = "percent"
    basis: str = ""
    resampled: bool = True

    def values(self, sums: Array) -> Array:
        """Compute it for sums (..., K): (...); a division by zero gives nan or infinity.

        Raises:
            ValueError: the function does not map them to (...).
        """
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            found = np.asarray(self.compute(sums), dtype=np.float64)
        if found.shape != sums.shape[:-1]:
            # Quantiles of such values would pass for an interval.
            shapes = f"found the shape {found.shape}, wanted {sums.shape[:-1]}"
            mend = "the columns are the last axis, sums[..., 0]"
            raise ValueError(f"measure {self.name!r} of sums {sums.shape}: {shapes}; {mend}")
        return found


@dataclass(frozen=True)
class Interval:
    """A confidence interval: [low, high] at a level, such as 0.95."""

    low: float
    high: float
    level: float = 0.95

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {"low": _plain(self.low), "high": _plain(self.high), "level": self.level}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Interval":
        """Read what :meth:`to_json` wrote."""
        return cls(_number(data["low"]), _number(data["high"]), float(data["level"]))


@dataclass(frozen=True)
class Metric:
    """The value of a measure on some data, with its interval where there is one."""

    name: str
    value: float
    interval: Interval | None = None
    higher_is_better: bool = True
    style: Style = "percent"

    def __str__(self) -> str:
        shown = format_score(self.value, self.style)
        if self.interval is None:
            return f"{self.name} {shown}"
        low = format_score(self.interval.low, self.style)
        return f"{self.name} {shown} [{low}, {format_score(self.interval.high, self.style)}]"

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values; an undefined value becomes None, an infinite one a string."""
        return {
            "name": self.name,
            "value": _plain(self.value),
            "interval": None if self.interval is None else self.interval.to_json(),
            "higher_is_better": self.higher_is_better,
            "style": self.style,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Metric":
        """Read what :meth:`to_json` wrote."""
        interval = data.get("interval")
        return cls(
            name=str(data["name"]),
            value=_number(data["value"]),
            interval=None if interval is None else Interval.from_json(interval),
            higher_is_better=bool(data["higher_is_better"]),
            style=data["style"],
        )


@dataclass(frozen=True)
class Table:
    """Rows to show beside the scores, such as precision and recall of each class.

    Attributes:
        title: shown above it.
        columns: their headings.
        rows: cells; each row is as long as ``columns``.
        notes: sentences shown below it.
        percent: the columns whose values in [0, 1] are shown times 100; JSON keeps them as is.

    Raises:
        ValueError: a row of another length, or a percent column that is not there.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...] = ()
    percent: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row) != len(self.columns):
                raise ValueError(
                    f"table {self.title!r} has {len(self.columns)} columns, a row has {len(row)}"
                )
        if missing := set(self.percent) - set(self.columns):
            raise ValueError(f"table {self.title!r} has no columns {sorted(missing)}")

    def formatted(self) -> tuple[tuple[str, ...], ...]:
        """Return the rows as text, for a terminal."""
        styles: list[Style] = ["percent" if c in self.percent else "number" for c in self.columns]
        return tuple(
            tuple(_format_cell(cell, style) for cell, style in zip(row, styles, strict=True))
            for row in self.rows
        )

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "title": self.title,
            "columns": list(self.columns),
            "rows": [[_plain(cell) for cell in row] for row in self.rows],
            "notes": list(self.notes),
            "percent": list(self.percent),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Table":
        """Read what :meth:`to_json` wrote; an undefined cell comes back as None."""
        return cls(
            title=str(data["title"]),
            columns=tuple(data["columns"]),
            rows=tuple(tuple(row) for row in data["rows"]),
            notes=tuple(data.get("notes", ())),
            percent=tuple(data.get("percent", ())),
        )


@dataclass(frozen=True, eq=False)
class Scoring:
    """What a task returns for examples and predictions.

    Attributes:
        statistics: (examples, K) float64, one row for each example.
        measures: functions of their sum; the first is the headline.
        counts: what was scored: "sentences", "tokens", "unknown tokens" ...
        tables: shown below the scores.

    Raises:
        ValueError: statistics without two axes, no measure, or two of one name.
    """

    statistics: Array
    measures: tuple[Measure, ...]
    counts: Mapping[str, int] = field(default_factory=dict)
    tables: tuple[Table, ...] = ()

    def __post_init__(self) -> None:
        if self.statistics.ndim != 2:
            raise ValueError(
                f"statistics must be (examples, K), found the shape {self.statistics.shape}"
            )
        names = [measure.name for measure in self.measures]
        if not names or len(set(names)) < len(names):
            raise ValueError(f"a scoring needs measures with distinct names, found {names}")

    @property
    def headline(self) -> Measure:
        """The measure to watch: the first."""
        return self.measures[0]

    def measure(self, name: str) -> Measure:
        """Return the measure of a name.

        Raises:
            KeyError: there is none.
        """
        return {measure.name: measure for measure in self.measures}[name]

    def by_example(self, name: str | None = None) -> Array:
        """Return a measure, by default the headline, of each example alone: (N,), nan where it is
        undefined.
        """
        measure = self.headline if name is None else self.measure(name)
        return measure.values(self.statistics)


def join_scorings(*scorings: Scoring) -> Scoring:
    """Put scorings of the same examples side by side; the headline is the first one's.

    Raises:
        ValueError: none, different numbers of examples, or two measures of one name.
    """
    if len({len(scoring.statistics) for scoring in scorings}) != 1:
        found = [len(scoring.statistics) for scoring in scorings]
        raise ValueError(f"scorings of the same examples are wanted, found numbers {found}")
    measures: list[Measure] = []
    counts: dict[str, int] = {}
    start = 0
    for scoring in scorings:
        stop = start + scoring.statistics.shape[1]
        measures += [_on_columns(measure, start, stop) for measure in scoring.measures]
        counts |= scoring.counts
        start = stop
    return Scoring(
        statistics=np.concatenate([scoring.statistics for scoring in scorings], axis=1),
        measures=tuple(measures),
        counts=counts,
        tables=tuple(table for scoring in scorings for table in scoring.tables),
    )


def _on_columns(measure: Measure, start: int, stop: int) -> Measure:
    return replace(measure, compute=lambda sums: measure.compute(sums[..., start:stop]))


def ratio(numerator: Array, denominator: Array) -> Array:
    """Divide elementwise; nan where the denominator is 0, without a warning.

    Args:
        numerator: (...).
        denominator: (...), broadcast against the numerator.
    """
    numerator, denominator = np.broadcast_arrays(
        np.asarray(numerator, dtype=np.float64), np.asarray(denominator, dtype=np.float64)
    )
    values = np.full(numerator.shape, np.nan)
    np.divide(numerator, denominator, out=values, where=denominator != 0)
    return values


def format_score(value: float, style: Style) -> str:
    """Show a value: "93.10" for 0.931 as percent, "0.93" as a number, "-" where it is undefined.

    A number below 0.01 has two digits, as "0.0042": an error may be as small as what it measures.
    """
    if math.isnan(value):
        return "-"
    if style == "percent":
        return f"{100 * value:.2f}"
    return f"{value:.2g}" if 0 < abs(value) < 0.01 else f"{value:,.2f}"


def _format_cell(cell: Cell, style: Style) -> str:
    if cell is None:
        return "-"
    if isinstance(cell, str):
        return cell
    if style == "percent" or isinstance(cell, float):
        return format_score(cell, style)
    return f"{cell:,}"


def _plain(value: Cell) -> Cell:
    """JSON knows neither nan nor infinity: the one is None there, the other a string."""
    if not isinstance(value, float) or math.isfinite(value):
        return value
    return None if math.isnan(value) else str(value)


def _number(value: float | str | None) -> float:
    return math.nan if value is None else float(value)
