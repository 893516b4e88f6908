"""Values of the command line that are clear as they stand: texts, whole numbers, nothing.

typer has pydantic convert every value, a text into a text too, and to import pydantic takes a fifth
of the time from the shell to a first answer. So typer is asked only where something is to be
converted, or to be refused.
"""

from typing import Any

__all__ = ["convert_clear_values"]

MOST_DIGITS = 18
"""Of a number that is clear; of thousands, Python would make none."""

_UNCLEAR = object()


def convert_clear_values(parameters: list[Any]) -> list[Any]:
    """Return parameters of typer's, each of which now converts by itself what is clear."""
    for parameter in parameters:
        if not isinstance(parameter.process_value, _Conversion):
            parameter.process_value = _Conversion(parameter)
    return parameters


class _Conversion:
    """What a parameter makes of the value that it was given, or of its default."""

    def __init__(self, parameter: Any) -> None:
        self.parameter = parameter
        self.by_typer = parameter.process_value

    def __call__(self, ctx: Any, value: Any) -> Any:
        converted = self._clear(value)
        if converted is _UNCLEAR:
            return self.by_typer(ctx, value)
        callback = self.parameter.callback
        return converted if callback is None else callback(ctx, self.parameter, converted)

    def _clear(self, value: Any) -> Any:
        several = self.parameter.multiple or self.parameter.nargs == -1
        if value is None or (several and not value):
            missing: Any = () if several else None
            return _UNCLEAR if self.parameter.required else missing
        descriptor = self.parameter.type_descriptor
        if descriptor.parameter_info.parser or descriptor.is_path:
            return _UNCLEAR
        kind = descriptor.annotation
        if kind is str and isinstance(value, str):
            return value
        if kind == list[str] and isinstance(value, list | tuple):
            return list(value) if all(isinstance(each, str) for each in value) else _UNCLEAR
        return _whole_number(value, descriptor.parameter_info) if kind is int else _UNCLEAR


def _whole_number(value: Any, limits: Any) -> Any:
    text = str(value)
    if len(text) > MOST_DIGITS or not (text.isascii() and text.isdigit()):
        return _UNCLEAR
    number = int(text)
    low = limits.min is None or number >= limits.min
    high = limits.max is None or number <= limits.max
    return number if low and high else _UNCLEAR
