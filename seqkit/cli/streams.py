"""Standard streams: JSON and UTF-8 lines for programs. For people there is :mod:`.console`."""

import dataclasses
import json
import math
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, BinaryIO, TextIO, TypeVar

from seqkit.errors import Problem, UserError

__all__ = [
    "argument_text",
    "as_utf8",
    "before_fault",
    "json_line",
    "plain",
    "print_json",
    "read_lines",
]

Item = TypeVar("Item")

READ_SIZE = 65536


def as_utf8(stream: TextIO) -> TextIO:
    """Make a stream write UTF-8 whatever the locale, since that is what JSON is."""
    if hasattr(stream, "reconfigure"):
        stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    return stream


def plain(value: Any) -> Any:
    """Return a value as JSON knows it: nan and infinities become null, NumPy scalars numbers."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)
        }
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def json_line(value: Any, *, indent: int | None = None) -> str:
    """Write a value as JSON that people can read too: no escapes for letters beyond ASCII."""
    return json.dumps(plain(value), ensure_ascii=False, allow_nan=False, indent=indent)


def print_json(value: Any) -> None:
    """Print a document to standard output, indented."""
    print(json_line(value, indent=2), file=as_utf8(sys.stdout))


def read_lines(stream: BinaryIO, name: str) -> Iterator[list[str]]:
    """Yield the lines that are there already, so that a pipe is answered before it ends.

    Those before one that cannot be read are yielded before it is told of. Empty lines count. Only
    a line feed ends a line (a carriage return before it is dropped).

    Args:
        stream: binary; ``read1`` gives what has arrived.
        name: of the stream, for messages.

    Raises:
        UserError: a line is not UTF-8; it says what else the line may be.
    """
    number, rest = 0, b""
    read = getattr(stream, "read1", stream.read)
    while block := read(READ_SIZE):
        *lines, rest = (rest + block).split(b"\n")
        yield from before_fault(_texts(lines, name, number))
        number += len(lines)
    yield from before_fault(_texts([rest] if rest else [], name, number))


def _texts(lines: Iterable[bytes], name: str, start: int) -> Iterator[str]:
    return (_decoded(line, name, index, advise=True) for index, line in enumerate(lines, start))


def before_fault(items: Iterable[Item]) -> Iterator[list[Item]]:
    """Yield items as one list, if there are any; then raise the error that ended them early."""
    found: list[Item] = []
    fault: UserError | None = None
    try:
        found.extend(items)
    except UserError as error:
        fault = error
    if found:
        yield found
    if fault is not None:
        raise fault


def argument_text(text: str, index: int) -> str:
    """Return a text of the command line, which Python hands on whatever its bytes are.

    Args:
        text: as Python gives it, with a lone surrogate for each byte that it could not decode.
        index: of the text, from 0.

    Raises:
        UserError: it is not UTF-8.
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        return _decoded(os.fsencode(text), "<text>", index)
    return text


def _decoded(line: bytes, name: str, index: int, *, advise: bool = False) -> str:
    try:
        text = line.decode("utf-8").removesuffix("\r")
    except UnicodeDecodeError as error:
        found = f"found the byte 0x{line[error.start]:02x} at {error.start + 1}, wanted UTF-8"
        if advise:
            from seqkit.text.readers.source import other_encoding

            found += other_encoding(line)
        raise UserError(Problem(found, f"{name}:{index + 1}")) from None
    return text.removeprefix("\ufeff") if index == 0 else text


def stdin_bytes() -> BinaryIO:
    """Return standard input as bytes."""
    return sys.stdin.buffer
