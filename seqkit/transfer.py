"""``--init-from RUN``: a model starts from what another model's encoder has learnt.

A language model learns from any text, labelled or not (Dai and Le, "Semi-supervised sequence
learning", 2015). Its token vectors are taken over by token, its recurrent weights by layer and
direction; what the new model has beside these starts as drawn.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from seqkit.arrays import Array
from seqkit.bundle import MODEL_NAME
from seqkit.errors import Problem, UserError
from seqkit.loading import TrainedModel, load
from seqkit.parameters import Parameter
from seqkit.plugins import PluginHost
from seqkit.tasks import Model, Reading, Task
from seqkit.text.vocabulary import END, UNKNOWN
from seqkit.tokens import ModelTokens, tokens_at_hand

__all__ = ["fit", "initialise", "start_from_model", "tokens_of_model"]


def fit(task: Task[Any, Any, Any], train: Sequence[Any], *, host: PluginHost) -> Mapping[str, Any]:
    """Fit a task on training examples, with the tokens of the model that it starts from at hand.

    Raises:
        UserError: as the task, and where the options ask for a model's words or pieces and it
            cannot be read.
    """
    path = task.config.init_from
    wanted = any(getattr(task.config, name, None) for name in ("extend_vocabulary", "subwords"))
    if path is None or not wanted:
        return task.fit(train)
    with tokens_at_hand(tokens_of_model(path, host=host)):
        return task.fit(train)


def initialise(
    task: Task[Any, Any, Any], model: Model[Any, Any], *, host: PluginHost
) -> tuple[str, ...]:
    """Fill in what comes from outside: what the task brings, and another model's encoder.

    Returns:
        Notices for the person who runs it.

    Raises:
        UserError: a file that cannot be used.
    """
    path = task.config.init_from
    taken = () if path is None else start_from_model(task, model, Path(path), host=host)
    return (*task.warm_start(model), *taken)


def start_from_model(
    task: Task[Any, Any, Any], model: Model[Any, Any], path: Path, *, host: PluginHost
) -> tuple[str, ...]:
    """Copy the token vectors and the recurrent weights of a trained model.

    Args:
        task: of the model that starts.
        model: changed in place.
        path: a run directory, or its model file.
        host: where the task of the trained model is looked up.

    Returns:
        Notices of what was taken, and what was not.

    Raises:
        UserError: no model there, or one whose encoder does not fit; every difference is named.
    """
    source = _loaded(path, host)
    old, new = source.model.reading(), model.reading()
    for name, reading in ((source.manifest.task, old), (_name(model), new)):
        if reading is None:
            raise _unread(path, name)
    assert old is not None
    assert new is not None
    problems = [_problem(path, message) for message in _differences(source, task, old, new)]
    if problems:
        raise UserError(problems)
    tokens = _copy_vectors(old, new)
    if not tokens:
        raise _refusal(path, _no_common_token(source, task))
    recurrent, missing = _copy_recurrent(old, new)
    notice = (
        f"{path}: from {source.manifest.task} ({_digest(path)}) come the vectors of {tokens:,} of "
        f"{_tokens(new.words):,} tokens, and the recurrent weights {_listed(recurrent)}"
    )
    return (notice, f"{path}: as drawn start {_listed(missing)}") if missing else (notice,)


def tokens_of_model(path: str | Path, *, host: PluginHost) -> ModelTokens:
    """Return the tokens that a trained model knows, without its marks, and how it cuts words.

    Args:
        path: a run directory, or its model file.
        host: where the task of the trained model is looked up.

    Raises:
        UserError: no model there, or one that does not say what reads its tokens.
    """
    path = Path(path)
    source = _loaded(path, host)
    reading = source.model.reading()
    if reading is None:
        raise _unread(path, source.manifest.task)
    words = [word for word in reading.words if word not in (UNKNOWN, END)]
    return ModelTokens(words, reading.merges)


def _unread(path: Path, name: str) -> UserError:
    return _refusal(path, f"{name} does not say what reads its tokens (Model.reading)")


def _loaded(path: Path, host: PluginHost) -> TrainedModel:
    try:
        return load(path, host=host)
    except UserError as error:
        problems = [Problem(str(problem), "init_from") for problem in error.problems]
        raise UserError(problems) from None


# --- what does not fit ----------------------------------------------------------------------------


def _differences(
    source: TrainedModel, task: Task[Any, Any, Any], old: Reading, new: Reading
) -> Iterator[str]:
    cells = source.manifest.config.get("encoder"), getattr(task.config, "encoder", None)
    if None not in cells and cells[0] != cells[1]:
        yield f"its encoder is {cells[0]}, here it is {cells[1]}; add --encoder {cells[0]}"
    units = old.recurrent.units, new.recurrent.units
    if units[0] != units[1]:
        yield f"its encoder has {units[0]} units, here it has {units[1]}; add --units {units[0]}"
    widths = old.table.value.shape[1], new.table.value.shape[1]
    if widths[0] != widths[1]:
        yield (
            f"its token vectors are {widths[0]} wide, here they are {widths[1]}; "
            f"add --embedding {widths[0]}"
        )


def _no_common_token(source: TrainedModel, task: Task[Any, Any, Any]) -> str:
    theirs, ours = source.manifest.config.get("tokenizer"), getattr(task.config, "tokenizer", None)
    if None in (theirs, ours) or theirs == ours:
        return "it knows none of the tokens here"
    return f"it knows none of the tokens here: it reads {theirs}; add --tokenizer {theirs}"


def _problem(path: Path, message: str) -> Problem:
    return Problem(f"{path}: {message}", "init_from")


def _refusal(path: Path, message: str) -> UserError:
    return UserError(_problem(path, message))


def _name(model: Model[Any, Any]) -> str:
    return type(model).__name__


# --- what is taken --------------------------------------------------------------------------------


def _copy_vectors(old: Reading, new: Reading) -> int:
    """Copy the vectors of what both know, and return how many tokens that is, marks aside.

    A token that the trained model knows with other capitals only takes the vector of the first of
    these, which is the commonest.
    """
    exact = {word: row for row, word in enumerate(old.words)}
    folded = {word.lower(): row for word, row in reversed(exact.items())}
    rows = [exact.get(word, folded.get(word.lower(), -1)) for word in new.words]
    known = np.array(rows) >= 0
    new.table.value[known] = old.table.value[np.array(rows)[known]]
    return _tokens([word for word, found in zip(new.words, known, strict=True) if found])


def _tokens(words: Sequence[str]) -> int:
    return sum(word not in (UNKNOWN, END) for word in words)


class _Place(NamedTuple):
    """Where a recurrent weight stands, whatever it is called: in a stack or alone."""

    layer: int
    direction: str
    name: str

    def __str__(self) -> str:
        return f"{self.layer + 1}.{self.direction}.{self.name}"


def _by_place(reading: Reading) -> dict[_Place, Parameter]:
    places = {}
    for name, parameter in reading.recurrent.parameters():
        found = re.fullmatch(r"(?:(\d+)\.)?(?:(forward|backward)\.)?(.+)", name)
        assert found is not None
        place = _Place(int(found[1] or 0), found[2] or "forward", found[3])
        places[place] = parameter
    return places


def _copy_recurrent(old: Reading, new: Reading) -> tuple[list[str], list[str]]:
    """Copy the weights that both have, and return where these and the others stand."""
    theirs = _by_place(old)
    taken: list[str] = []
    missing: list[str] = []
    for place, parameter in _by_place(new).items():
        fits = place in theirs and _copy(theirs[place].value, parameter.value, place)
        (taken if fits else missing).append(str(place))
    return taken, missing


def _copy(theirs: Array, ours: Array, place: _Place) -> bool:
    """Copy a weight of the same shape; return whether it was."""
    if theirs.shape == ours.shape:
        ours[...] = theirs
        return True
    # A tagger reads the spelling beside the token's vector, which comes first.
    widened = place.name == "w_input" and place.layer == 0 and theirs.shape[1:] == ours.shape[1:]
    if not widened or len(theirs) > len(ours):
        return False
    ours[: len(theirs)] = theirs
    return True


def _listed(names: list[str]) -> str:
    return ", ".join(names) or "none"


def _digest(path: Path) -> str:
    """Return the beginning of the SHA-256 of the model file, which tells one from another."""
    file = path / MODEL_NAME if path.is_dir() else path
    return f"SHA-256 {hashlib.sha256(file.read_bytes()).hexdigest()[:12]}"
