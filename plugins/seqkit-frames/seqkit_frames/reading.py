"""Frames and gold answers from files: ``.npz`` archives, tables of files, folders of labels."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from seqkit.arrays import Array
from seqkit.errors import Problem, UserError
from seqkit.files import load_numpy
from seqkit.suggestions import suggest
from seqkit.text import nfc, read_tsv_columns
from seqkit.text.readers.folders import labelled_files
from seqkit.text.readers.source import BadLines

from seqkit_frames.audio import read_audio
from seqkit_frames.config import AudioConfig
from seqkit_frames.examples import NO_GOLD, Example, Gold, check_frames

__all__ = ["make_example", "read_examples"]

ARRAYS = ("frames", "lengths", "vectors", "labels", "texts")
SUFFIXES = (".wav", ".npy")
NOTHING = "found no gold answers, wanted a folder of .wav or .npy files a label, or a table of them"

Source: TypeAlias = tuple[Path | str, Gold, str]
"""A file or the name of a condition, its gold answer, and where it is named."""


def read_examples(path: Path, config: AudioConfig, *, gold: bool = True) -> list[Example]:
    """Read a ``.npz`` archive, a table, a folder for each label, or one ``.wav`` or ``.npy`` file.

    Args:
        path: of what is to be read.
        config: how audio becomes frames.
        gold: whether each input needs a gold answer.

    Raises:
        UserError: what cannot be read, everything that is wrong with it in one go.
    """
    if path.suffix.lower() == ".npz":
        return list(_read_archive(load_numpy(path), str(path), gold))
    bad, examples = BadLines(str(path)), []
    for value, answer, where in _sources(path, gold):
        with bad.collected():
            examples.append(make_example(value, where, config, answer))
    bad.check()
    return examples


def make_example(value: Any, name: str, config: AudioConfig, gold: Gold = NO_GOLD) -> Example:
    """Make an example of a ``.wav`` or ``.npy`` file, an array, or the name of a condition.

    Raises:
        UserError: a file that cannot be read, or an array that is none of frames.
    """
    suffix = Path(value).suffix.lower() if isinstance(value, str | Path) else ""
    if suffix == ".wav":
        return Example(str(value), read_audio(Path(value), config), gold)
    if suffix == ".npy":
        return Example.of(load_numpy(value), str(value), gold)
    if isinstance(value, Path):
        raise UserError(Problem(f"found a file of the kind {suffix!r}, wanted .wav or .npy", name))
    return Example.of(value, name, gold)


def _sources(path: Path, gold: bool) -> Iterator[Source]:
    if path.suffix.lower() in SUFFIXES and not gold:
        yield path, NO_GOLD, str(path)
    elif os.path.isdir(path) or path.suffix.lower() in SUFFIXES:
        files = labelled_files(path, SUFFIXES, nothing=NOTHING)
        yield from ((file, Gold(label, "label"), str(file)) for file, label in files)
    else:
        yield from _rows(path, gold)


def _rows(path: Path, gold: bool) -> Iterator[Source]:
    """Yield the lines of ``input<TAB>answer``; the first line may name the columns.

    A file is found by its name as it stands: file systems tell Unicode's forms apart.
    """
    rows = read_tsv_columns(path, (1, 2) if gold else (1,), header=False, normalize=False)
    head = [cell.strip() for cell in rows[0].values]
    named = head[0] in ("file", "condition") and head[1:] in ([], ["label"], ["text"])
    for row in rows[named:]:
        given, answer = row.values[0].strip(), nfc(row.values[1]).strip() if gold else ""
        is_file = head[0] == "file" if named else given.lower().endswith(SUFFIXES)
        kind = head[-1] if named and gold else ""
        yield path.parent / given if is_file else given, Gold(answer, kind), row.where


# --- archives ------------------------------------------------------------------------------------


def _read_archive(arrays: Any, name: str, gold: bool) -> Iterator[Example]:
    if not isinstance(arrays, dict):
        raise UserError(Problem("found one array, wanted a .npz archive of several", name))
    for unknown in sorted(arrays.keys() - set(ARRAYS)):
        raise UserError(Problem(f"found the array {unknown!r}; {suggest(unknown, ARRAYS)}", name))
    inputs = _inputs(arrays, name)
    kinds = [kind for kind in ("label", "text") if f"{kind}s" in arrays]
    if len(kinds) > 1 or (gold and not kinds):
        raise UserError(Problem(f"found {len(kinds)} of 'labels' and 'texts', wanted one", name))
    answers = [_answers(arrays[f"{kind}s"], kind, len(inputs), name) for kind in kinds]
    golds = answers[0] if answers else [NO_GOLD] * len(inputs)
    form = "vector" if "vectors" in arrays else "sequence"
    for number, (frames, answer) in enumerate(zip(inputs, golds, strict=True)):
        yield Example(f"{name}[{number}]", frames, answer, form)


def _inputs(arrays: dict[str, Array], name: str) -> list[Array]:
    """Cut the frames (M, D) by their lengths (N,), or the vectors (N, D) into rows."""
    given = arrays.keys() & {"frames", "lengths", "vectors"}
    if given not in ({"frames", "lengths"}, {"vectors"}):
        wanted = "'frames' (M, D) with 'lengths' (N,), or 'vectors' (N, D)"
        raise UserError(Problem(f"found the arrays {sorted(given)}, wanted {wanted}", name))
    key = "vectors" if "vectors" in given else "frames"
    data = check_frames(arrays[key], f"{name}, array {key!r}")
    lengths = arrays.get("lengths", np.ones(len(data), np.int64))
    whole = data.ndim == 2 and lengths.ndim == 1 and lengths.dtype.kind in "iu"
    # In decimals, because a sum of huge whole numbers may come out at any other.
    if not whole or (lengths < 0).any() or lengths.sum(dtype=np.float64) != len(data):
        found = f"found the shapes {data.shape} and {lengths.shape} ({lengths.dtype})"
        wanted = "wanted (M, D), and whole numbers that add up to M"
        raise UserError(Problem(f"{found}, {wanted}", f"{name}, arrays {key!r} and 'lengths'"))
    return np.split(data, np.cumsum(lengths)[:-1]) if len(lengths) else []


def _answers(array: Array, kind: str, count: int, name: str) -> list[Gold]:
    """Return gold answers: an array of text, or of whole numbers for labels."""
    if array.dtype.kind not in ("Uiu" if kind == "label" else "U") or array.shape != (count,):
        found = f"found {array.dtype} {array.shape}, wanted text ({count},)"
        raise UserError(Problem(found, f"{name}, array '{kind}s'"))
    return [Gold(nfc(str(item)), kind) for item in array.tolist()]
