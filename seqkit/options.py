"""Options as one frozen dataclass: its fields are the flags, the recipe's keys and ``get_params``.

A task's config is a frozen dataclass whose fields are made by :func:`option`, which adds what a
field needs to become a command-line flag: help, group, limits. :func:`parse` turns untyped values
(from a TOML recipe, ``--set`` or keyword arguments) into such a config and reports every mistake
at once.

Example:
    >>> from dataclasses import dataclass
    >>> @dataclass(frozen=True, kw_only=True)
    ... class Config:
    ...     units: int = option(128, help="units of the encoder", group="encoder", minimum=1)
    >>> parse(Config, {"units": "64"})
    Config(units=64)
    >>> parse(Config, {"unit": 64})
    Traceback (most recent call last):
        ...
    seqkit.errors.UserError: unit: no such option; did you mean 'units'?
"""

import dataclasses
import json
import math
import os
import types
import typing
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from seqkit.errors import Problem, UserError
from seqkit.suggestions import nearest, suggest

__all__ = [
    "GROUPS",
    "Group",
    "Option",
    "as_json",
    "as_recipe",
    "flag_words",
    "option",
    "options_of",
    "parse",
    "with_options",
]

Group = Literal["data", "encoder", "head", "training", "output"]
GROUPS: tuple[Group, ...] = typing.get_args(Group)

TYPES = "int, float, str, bool, Literal of texts, tuple[str, ...], or one of these | None"

ConfigT = TypeVar("ConfigT")


@dataclass(frozen=True)
class Option:
    """One option of a task.

    Attributes:
        name: the field's name, with underscores.
        type: ``int``, ``float``, ``str``, ``bool``, ``Literal[...]`` of texts,
            ``tuple[str, ...]``, or one of these ``| None``.
        default: its default.
        help: one line.
        group: under which heading the help and the recipe show it: "data" (what is read, and how),
            "encoder", "head" (what stands on the encoder), "training" or "output".
        minimum: smallest value allowed, for numbers.
        maximum: largest value allowed, for numbers.
    """

    name: str
    type: Any
    default: Any
    help: str
    group: Group = "data"
    minimum: float | None = None
    maximum: float | None = None

    @property
    def flag(self) -> str:
        """The long flag: ``--min-count``."""
        return "--" + self.name.replace("_", "-")

    @property
    def choices(self) -> tuple[str, ...]:
        """The values of a ``Literal``, otherwise nothing."""
        inner = self.inner_type
        return typing.get_args(inner) if typing.get_origin(inner) is Literal else ()

    @property
    def inner_type(self) -> Any:
        """The type without ``| None``."""
        if self.optional:
            return next(part for part in typing.get_args(self.type) if part is not type(None))
        return self.type

    @property
    def optional(self) -> bool:
        """Whether None is a value."""
        # ``Literal[...] | None`` is a typing.Union, ``int | None`` a types.UnionType.
        return typing.get_origin(self.type) in (types.UnionType, typing.Union)


def option(
    default: Any,
    *,
    help: str,
    group: Group = "data",
    minimum: float | None = None,
    maximum: float | None = None,
) -> Any:
    """Declare a field of a config dataclass. See :class:`Option` for the arguments.

    The groups are "data", "encoder", "head", "training" and "output".

    Raises:
        TypeError: the default can be changed, as a list can.
    """
    if isinstance(default, list | dict | set):  # dataclasses would advise a default_factory
        raise TypeError(f"found the default {default!r}, wanted a tuple for an option of many")
    details = {"help": help, "group": group, "minimum": minimum, "maximum": maximum}
    return dataclasses.field(default=default, metadata={"seqkit": details})


def options_of(config: type) -> tuple[Option, ...]:
    """Return the options of a config dataclass, by group, in the order of its fields.

    Raises:
        TypeError: not a dataclass by a decorator of its own, or a field that was not made by
            :func:`option`, whose type or group is none of those that :class:`Option` names, or
            whose default is not of its type.
    """
    # Without its own decorator a class has the constructor of its first parent, and loses options.
    if "__dataclass_fields__" not in vars(config):
        mend = "put @dataclass(frozen=True, kw_only=True) above it"
        raise TypeError(f"{config.__name__} is not a dataclass of its own: {mend}")
    hints = typing.get_type_hints(config)
    found = [
        _option_of_field(config, field, hints[field.name]) for field in dataclasses.fields(config)
    ]
    return tuple(sorted(found, key=lambda item: GROUPS.index(item.group)))


def _option_of_field(config: type, field: "dataclasses.Field[Any]", hint: Any) -> Option:
    details = field.metadata.get("seqkit")
    if details is None or field.default is dataclasses.MISSING:
        raise TypeError(f"{config.__name__}.{field.name} needs option(default, help=...)")
    made = Option(name=field.name, type=hint, default=field.default, **details)
    inner = made.inner_type
    texts = made.choices and all(isinstance(choice, str) for choice in made.choices)
    plain = inner in (int, float, str, bool) or inner == tuple[str, ...] or texts
    if not plain or hint not in (inner, inner | None):
        kind = f"an option cannot be of type {hint}, wanted {TYPES}"
        raise TypeError(f"{config.__name__}.{field.name}: {kind}")
    if made.group not in GROUPS:
        found = f"found the group {made.group!r}, wanted one of {', '.join(GROUPS)}"
        raise TypeError(f"{config.__name__}.{field.name}: {found}")
    if not _is_value(made, made.default):
        found = f"found the default {made.default!r}, wanted {_wanted(made, made.default)}"
        raise TypeError(f"{config.__name__}.{field.name}: {found}")
    return made


def _is_value(item: Option, value: Any) -> bool:
    """Whether a value is of an option's type, within limits or not."""
    inner = item.inner_type
    if value is None:
        return item.optional
    if item.choices:
        return value in item.choices
    if inner == tuple[str, ...]:
        return isinstance(value, tuple) and all(isinstance(part, str) for part in value)
    return type(value) is inner or (inner is float and type(value) is int)


def parse(
    config: type[ConfigT],
    values: Mapping[str, Any],
    *,
    where: str = "",
    others: Sequence[str] = (),
) -> ConfigT:
    """Make a config from untyped values; what is not given keeps its default.

    Args:
        config: a frozen dataclass of options.
        values: by name, with underscores or hyphens; text is converted ("64", "true", "max,mean"),
            and so are numbers and arrays of NumPy, and paths.
        where: what the values come from, put before each problem.
        others: names that the caller takes beside the options, for its suggestions.

    Raises:
        UserError: unknown names (with the nearest valid one), values of the wrong type or out of
            their limits, and whatever the config's own ``__post_init__`` refuses; all at once.
    """
    known = {item.name: item for item in options_of(config)}
    parsed: dict[str, Any] = {}
    problems: list[Problem] = []
    told: set[str] = set()
    for key, value in values.items():
        name = key.replace("-", "_")
        place = _join(where, key)
        if name not in known:
            hint = suggest(name, [*known, *others])
            # All valid names, where none is near, are listed once: a recipe may be another task's.
            problems.append(
                Problem("no such option" + ("" if hint in told else f"; {hint}"), place)
            )
            told.update([hint] if hint.startswith("valid") else [])
            continue
        try:
            parsed[name] = _convert(known[name], value)
        except ValueError as error:
            problems.append(Problem(str(error), place))
    return _construct(config, parsed, problems, where)


def _construct(
    config: type[ConfigT], parsed: dict[str, Any], problems: list[Problem], where: str
) -> ConfigT:
    """Call the constructor too, so that its own refusals are reported together with the rest."""
    try:
        made = config(**parsed)
    except UserError as error:
        own = [Problem(p.message, _join(where, p.where)) for p in error.problems]
        raise UserError([*problems, *own]) from None
    if problems:
        raise UserError(problems)
    return made


def _join(where: str, name: str) -> str:
    return f"{where}: {name}" if where and name else where or name


def with_options(config: ConfigT, changes: Mapping[str, Any], *, where: str = "") -> ConfigT:
    """Return a copy of a config with some values changed, checked like :func:`parse`."""
    current = {item.name: getattr(config, item.name) for item in options_of(type(config))}
    changed = {key.replace("-", "_"): value for key, value in changes.items()}
    return parse(type(config), {**current, **changed}, where=where)


def _convert(item: Option, value: Any) -> Any:
    """Convert one value to its option's type; msgspec does the conversion and the limits."""
    import msgspec

    value = _plain(value)
    if item.optional and (value is None or value in ("", "none")):
        return None
    if typing.get_origin(item.inner_type) is tuple and isinstance(value, str):
        value = [part.strip() for part in value.split(",") if part.strip()]
    if item.inner_type is str and type(value) is int:
        value = str(value)  # the number of a column, as a recipe would write it
    wanted = item.inner_type
    if wanted in (int, float):
        wanted = typing.Annotated[wanted, msgspec.Meta(ge=item.minimum, le=item.maximum)]
    try:
        converted = msgspec.convert(value, wanted, strict=False)
    except msgspec.ValidationError:
        raise ValueError(f"found {value!r}, wanted {_wanted(item, value)}") from None
    if isinstance(converted, float) and not math.isfinite(converted):
        raise ValueError(f"found {value!r}, wanted {_wanted(item, value)}")
    return converted


def _plain(value: Any) -> Any:
    """Return what Python programs make options of (``np.logspace``, a path) as a recipe has it."""
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, list | tuple):
        return type(value)(_plain(part) for part in value)
    # NumPy's numbers, texts and arrays all have it.
    return value.tolist() if hasattr(value, "tolist") else value


def _wanted(item: Option, value: Any) -> str:
    if item.choices:
        best = nearest(str(value), item.choices)
        hint = f"; did you mean {best!r}?" if best else ""
        return f"one of {', '.join(item.choices)}{hint}"
    inner = item.inner_type
    names = {int: "a whole number", float: "a number", bool: "true or false", str: "text"}
    wanted = names.get(inner, "a list of names")
    if item.minimum is not None and item.maximum is not None:
        return f"{wanted} from {item.minimum:g} to {item.maximum:g}"
    if item.minimum is not None:
        return f"{wanted}, at least {item.minimum:g}"
    return wanted if item.maximum is None else f"{wanted}, at most {item.maximum:g}"


def as_json(config: Any) -> dict[str, Any]:
    """Return a config as JSON holds it: a tuple becomes a list."""
    plain: dict[str, Any] = json.loads(json.dumps(dataclasses.asdict(config)))
    return plain


def flag_words(values: Mapping[str, str]) -> tuple[str, ...]:
    """Return options as words of a command line.

    Example:
        >>> flag_words({"train": "a.tsv", "dev": "b.tsv"})
        ('--train', 'a.tsv', '--dev', 'b.tsv')
    """
    return tuple(word for name, value in values.items() for word in (f"--{name}", value))


def as_recipe(config: object) -> str:
    """Write a config as a TOML recipe, with its groups and the help of each option as comments."""
    import tomli_w

    lines: list[str] = []
    group = ""
    for item in options_of(type(config)):
        if item.group != group:
            group = item.group
            lines += ["", f"# --- {group} ---"]
        value = getattr(config, item.name)
        lines.append(f"# {item.help}" + (f" [{', '.join(item.choices)}]" if item.choices else ""))
        if value is None and item.default is None:
            lines.append(f"# {item.name} = (not set)")
        elif value is None:
            lines.append(f'{item.name} = "none"')  # TOML has no null, and :func:`parse` knows this
        elif isinstance(value, tuple):
            quoted = ", ".join(
                tomli_w.dumps({"": part}).partition("= ")[2].strip() for part in value
            )
            lines.append(f"{item.name} = [{quoted}]")
        else:
            lines.append(tomli_w.dumps({item.name: value}).strip())
    return "\n".join(lines).lstrip("\n") + "\n"
