"""All suites, and the targets that they are held against."""

from collections.abc import Callable, Iterator, Sequence
from difflib import get_close_matches
from importlib import import_module

from benchmarks.records import Result, Suite, Target
from benchmarks.settings import Settings

__all__ = ["SUITES", "chosen_suites", "load_suite", "suite_named"]

SUITES = (
    Suite(
        "lstm",
        "LSTM layer, forward + backward",
        "benchmarks.layers",
        "lstm",
        Target(1.0, 1.15),
    ),
    Suite("gru", "GRU layer, forward + backward", "benchmarks.layers", "gru", Target(1.0, 1.2)),
    Suite("rnn", "RNN layer, forward + backward", "benchmarks.layers", "rnn", Target(1.0, 1.2)),
    Suite(
        "bilstm-similar",
        "BiLSTM, forward + backward, batches of similar length",
        "benchmarks.bidirectional",
        "similar",
        Target(1.2, 1.5),
    ),
    Suite(
        "bilstm-shuffled",
        "BiLSTM, forward + backward, shuffled batches",
        "benchmarks.bidirectional",
        "shuffled",
        Target(2.0, 2.3),
    ),
    Suite(
        "bilstm-forward",
        "BiLSTM, forward only, batches of similar length",
        "benchmarks.bidirectional",
        "forward",
        Target(1.0, 1.2),
    ),
    Suite(
        "output-layer",
        "Linear + softmax cross-entropy, forward + backward",
        "benchmarks.output_layer",
        target=Target(1.1, 1.4),
    ),
    Suite(
        "optimisers",
        "Embedding + optimiser step",
        "benchmarks.optimisers",
        target=Target(1.5, 3.0),
    ),
    Suite("epochs", "Whole epochs of the tasks", "benchmarks.epochs"),
    Suite(
        "numpy-epochs",
        "Whole epochs of the tasks, without numba",
        "benchmarks.epochs",
        "numpy_alone",
    ),
    Suite(
        "predict",
        "Predictions for a file of sentences",
        "benchmarks.serving",
        "predict",
        Target(1.3),
    ),
    Suite(
        "sentence",
        "Prediction for one sentence, in process",
        "benchmarks.serving",
        "sentence",
        Target(2.0),
    ),
    Suite(
        "cold-start",
        "Prediction for one sentence, from the shell",
        "benchmarks.serving",
        "cold_start",
        Target(5.0),
    ),
    Suite("reading", "Corpora read, tokenised and batched", "benchmarks.reading"),
    Suite("overhead", "What is shown and saved during an epoch", "benchmarks.overhead"),
    Suite("growth", "Growth of time and memory", "benchmarks.growth"),
)


def chosen_suites(names: Sequence[str]) -> list[Suite]:
    """Return the suites of these names, in the order of :data:`SUITES`; all for no names.

    A name may be the beginning of several: ``bilstm`` means three suites.

    Raises:
        ValueError: a name is unknown; it says which was probably meant.
    """
    for name in names:
        if not any(suite.name.startswith(name) for suite in SUITES):
            raise ValueError(f"unknown benchmark {name!r}; {_suggest(name)}")
    return [s for s in SUITES if not names or any(s.name.startswith(name) for name in names)]


def _suggest(name: str) -> str:
    known = [suite.name for suite in SUITES]
    close = get_close_matches(name, known, n=1)
    return f"did you mean {close[0]!r}?" if close else f"there are {', '.join(known)}"


def suite_named(name: str) -> Suite:
    """Return one suite by its whole name."""
    return next(suite for suite in SUITES if suite.name == name)


def load_suite(suite: Suite) -> Callable[[Settings], Iterator[Result]]:
    """Return the function that runs a suite."""
    run: Callable[[Settings], Iterator[Result]]
    run = getattr(import_module(suite.module), suite.function)
    return run
