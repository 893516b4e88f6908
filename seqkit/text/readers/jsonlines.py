"""JSON lines: one object a line."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from seqkit.suggestions import did_you_mean
from seqkit.text.readers.columns import LABEL_NAMES, TEXT_NAMES, guess_column, refuse_same_column
from seqkit.text.readers.records import LabelledText, Text
from seqkit.text.readers.source import BadLines, FilePath, Source, load
from seqkit.text.unicode import nfc

__all__ = ["labelled_objects", "read_jsonl", "text_objects"]


def read_jsonl(
    path: FilePath, *, text_column: str | None = None, label_column: str | None = None
) -> list[LabelledText]:
    """Read texts and labels from lines that are JSON objects.

    Args:
        path: plain or gzipped.
        text_column: the text's field; by default the first object's first of the usual names (see
            :data:`~seqkit.text.readers.columns.TEXT_NAMES`).
        label_column: the label's field; likewise. Whole numbers, ``true`` and ``false`` are taken
            as they are written.

    Returns:
        One record an object; blank lines hold none, other fields are ignored.

    Raises:
        UserError: the file cannot be read, or bad lines, all of them together: no JSON, no object,
            a field that is missing, there twice, of the wrong type or with a NUL character, an
            empty label.
    """
    return labelled_objects(load(path), text_column, label_column)


def labelled_objects(
    source: Source, text_column: str | None, label_column: str | None
) -> list[LabelledText]:
    """Return the texts and labels of a file's objects, as :func:`read_jsonl` describes."""
    bad = BadLines(source.name)
    objects = list(_objects(source, bad))
    text = _name(text_column) or _guess(objects, source, TEXT_NAMES, "text_column", bad)
    label = _name(label_column) or _guess(objects, source, LABEL_NAMES, "label_column", bad)
    refuse_same_column({"text_column": text, "label_column": label}, source)
    records = []
    for line, fields in objects:
        found = _string(fields, text, line, bad), _label(fields, label, line, bad)
        if found[0] is not None and found[1] is not None:
            records.append(LabelledText(found[0], found[1], source.where(line)))
    bad.check()
    return records


def text_objects(source: Source, text_column: str | None) -> list[Text]:
    """Return the texts of a file's objects."""
    bad = BadLines(source.name)
    objects = list(_objects(source, bad))
    text = _name(text_column) or _guess(objects, source, TEXT_NAMES, "text_column", bad)
    found = [(line, _string(fields, text, line, bad)) for line, fields in objects]
    bad.check()
    return [Text(value, source.where(line)) for line, value in found if value is not None]


def _objects(source: Source, bad: BadLines) -> Iterator[tuple[int, dict[str, Any]]]:
    import msgspec

    decoder = msgspec.json.Decoder()
    for number, line in source.filled_lines():
        try:
            value = decoder.decode(line)
            repeated = _repeated(line, value) if isinstance(value, dict) else []
        except msgspec.DecodeError as error:
            bad.add(number, f"this is no JSON: {error}")
            continue
        except RecursionError:
            bad.add(number, "lists or objects are nested too deep, wanted an object of strings")
            continue
        if not isinstance(value, dict):
            bad.add(number, f"found a JSON {_kind(value)}, wanted an object with text and label")
            continue
        for name in repeated:
            bad.add(number, f"field {name!r} is there twice, wanted one of a name")
        yield number, {nfc(name): content for name, content in value.items()}


def _repeated(line: str, decoded: dict[str, Any]) -> list[str]:
    """Return the fields that an object, which is known to be sound, has several of."""
    # Each field has a colon of its own, so most lines need not be decoded again.
    if line.count(":") == len({*map(nfc, decoded)}):
        return []
    # The decoder that is faster and says what is wrong keeps the last of them.
    fields = json.loads(line, object_pairs_hook=list)
    counts = Counter(nfc(name) for name, _ in fields)
    return [name for name, count in counts.items() if count > 1]


def _name(column: str | None) -> str | None:
    return None if column is None else nfc(column)


def _guess(
    objects: list[tuple[int, dict[str, Any]]],
    source: Source,
    usual: tuple[str, ...],
    option: str,
    bad: BadLines,
) -> str:
    if not objects:
        # The file is not blank, so every line was a bad one.
        raise bad.error()
    line, fields = objects[0]
    found = guess_column(list(fields), usual)
    if found is None:
        raise source.refuse(
            f"none of the usual fields ({', '.join(usual)}) is in the first object, found "
            f"{', '.join(map(repr, fields)) or 'none'}; name the field with {option}",
            line,
        )
    return found


def _string(
    fields: dict[str, Any], name: str, line: int, bad: BadLines, wanted: str = "a string"
) -> str | None:
    value = fields.get(name)
    if isinstance(value, str):
        return _clean(value, name, line, bad)
    if name in fields:
        bad.add(line, f"field {name!r} is a {_kind(value)}, wanted {wanted}")
    else:
        bad.add(line, f"there is no field {name!r}; {did_you_mean(name, fields)}")
    return None


def _clean(value: str, name: str, line: int, bad: BadLines) -> str | None:
    r"""Bring a string to NFC; note a NUL, which ``\u0000`` brings past the check of the file."""
    if "\0" not in value:
        return nfc(value)
    place = value.index("\0") + 1
    bad.add(line, f"field {name!r} has a NUL character at place {place}, wanted text without any")
    return None


def _label(fields: dict[str, Any], name: str, line: int, bad: BadLines) -> str | None:
    value = fields.get(name)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    wanted = "a string, a whole number, true or false"
    label = _string(fields, name, line, bad, wanted)
    if label is not None and not label.strip():
        bad.add(line, f"field {name!r} is empty, wanted a label")
        return None
    return label.strip() if label is not None else None


def _kind(value: object) -> str:
    names = {dict: "object", list: "list", str: "string", bool: "truth value", int: "whole number"}
    return "null" if value is None else names.get(type(value), "decimal number")
