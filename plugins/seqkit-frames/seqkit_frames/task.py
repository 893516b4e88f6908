"""The task ``frames``: what is read, what is fitted on the training split, which model it makes."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from seqkit.label_model import LabelPrediction, fit_labels
from seqkit.tasks import Model, Resources, Task
from seqkit.text import create_tokenizer, format_tsv
from seqkit.writing_model import OpenlyWritten, fit_texts

from seqkit_frames.classifier import Classifier
from seqkit_frames.config import FramesConfig
from seqkit_frames.examples import Example, Gold
from seqkit_frames.inputs import fit_inputs
from seqkit_frames.reading import make_example, read_examples
from seqkit_frames.transducer import Transducer

__all__ = ["FramesTask"]


class FramesTask(Task[FramesConfig, Example, Any]):
    """Reads frames and builds a classifier, or an encoder and decoder."""

    def read(self, path: Path) -> list[Example]:
        """Read an archive, a table of files or conditions, or a folder for each label."""
        return read_examples(path, self.config)

    def read_inputs(self, path: Path) -> list[Example]:
        """Read the same without gold answers, or a single ``.wav`` or ``.npy`` file."""
        return read_examples(path, self.config, gold=False)

    def examples(
        self, inputs: Sequence[Any], targets: Sequence[Any] | None = None
    ) -> list[Example]:
        """Make examples of arrays (T, D), vectors (D,), paths of files, or names of conditions."""
        answers = [""] * len(inputs) if targets is None else map(str, targets)
        pairs = enumerate(zip(inputs, answers, strict=True), 1)
        return [make_example(x, f"input {i}", self.config, Gold(a)) for i, (x, a) in pairs]

    def input(self, example: Example) -> Any:
        """Return the array, the vector, or the name of the condition."""
        if example.form == "condition":
            return example.name
        return example.frames[0] if example.form == "vector" else example.frames

    def text(self, example: Example) -> str:
        """Return the name of a condition, or the shape and a digest of frames."""
        return example.name if example.form == "condition" else example.digest()

    def key(self, example: Example) -> str:
        """Return the text; with a condition, which many examples share, the gold answer too."""
        repeated = f"\t{example.gold.answer}" if example.form == "condition" else ""
        return self.text(example) + repeated

    def shown(self, example: Example) -> Mapping[str, Any]:
        """Return the name of the input and how many frames it has."""
        frames = {} if example.form == "condition" else {"frames": len(example.frames)}
        return {"input": example.name, **frames}

    @property
    def formats(self) -> Mapping[str, Callable[[Example, Any], str]]:
        """``tsv``: the input's name and the answer."""
        return {"tsv": lambda example, found: format_tsv(example.name, self.answer(found))}

    def answer(self, prediction: Any) -> str:
        """Return the label or the text."""
        return str(getattr(prediction, "label", None) or prediction.text)

    def gold(self, example: Example) -> Any:
        """Return the gold label or text for certain; None where there is none.

        None, too, where neither the options nor the data say which of them it is: the training
        split has decided that.
        """
        gold, mode = example.gold, self.config.mode
        if not any(gold) or (mode == "auto" and not gold.kind):
            return None
        if mode == "classify" or (mode == "auto" and gold.kind == "label"):
            return LabelPrediction.certain(gold.answer)
        return OpenlyWritten.certain(gold.answer, self._tokens(example))

    def _tokens(self, example: Example) -> tuple[str, ...]:
        return tuple(create_tokenizer(self.config.unit).tokenize(example.gold.answer))

    def fit(self, train: Sequence[Example]) -> Resources:
        """Fit the scale of the features or the conditions, and the labels or the tokens.

        Raises:
            UserError: no examples, fewer than two labels, or frames that do not fit together.
        """
        mode = self.mode_of(train)
        resources = {"mode": mode, **fit_inputs(train)}
        if mode == "classify":
            return {**resources, "labels": fit_labels(e.gold.answer for e in train)}
        return {**resources, **fit_texts([self._tokens(example) for example in train])}

    def mode_of(self, train: Sequence[Example]) -> str:
        """Return the mode of the options or, where that is ``auto``, the one that fits the data.

        Labels are classified. Texts are transcribed where they belong to sequences, generated
        where they belong to vectors and conditions. Where the data do not say which of both the
        gold answers are, they are labels if at least every second one is a repetition.
        """
        if self.config.mode != "auto":
            return self.config.mode
        kinds = {example.gold.kind for example in train}
        forms = {example.form for example in train}
        written = "transcribe" if "sequence" in forms else "generate"
        if kinds == {"text"} or (kinds == {""} and forms == {"condition"}):
            return written
        distinct = len({example.gold.answer for example in train})
        return "classify" if kinds == {"label"} or 2 * distinct <= len(train) else written

    def build(self, resources: Resources, *, rng: np.random.Generator) -> Model[Example, Any]:
        """Build the model that the mode asks for."""
        kind = Classifier if resources["mode"] == "classify" else Transducer
        return kind(resources, self.config, rng=rng)
