"""What the encoder reads: scaled and stacked frames, or one-hot vectors of conditions."""

from collections.abc import Callable, Sequence

import numpy as np
from seqkit.arrays import Array
from seqkit.errors import Problem, UserError
from seqkit.layers.pooling import MeanPooling
from seqkit.metrics.baselines.vectors import VectorClassifier, VectorMethod
from seqkit.sequences import PackedSequence, pack
from seqkit.tasks import Resources
from seqkit.text.readers.source import BadLines

from seqkit_frames.examples import Example

__all__ = ["Inputs", "fit_inputs"]


def fit_inputs(train: Sequence[Example]) -> Resources:
    """Fit the names of the conditions, or mean and deviation of each feature.

    A feature that never changes keeps its scale.

    Raises:
        UserError: conditions beside frames, frames of different widths, or none at all.
    """
    if train and all(example.form == "condition" for example in train):
        return {"conditions": sorted({example.name for example in train})}
    filled = [example for example in train if len(example.frames)]
    if not filled:
        raise UserError(Problem("found no frame at all", "training split"))
    _require_width(train, filled[0].frames.shape[1])
    frames = np.concatenate([example.frames for example in filled], dtype=np.float64)
    deviation = frames.std(axis=0)
    deviation[deviation < 1e-6] = 1.0
    return {"mean": frames.mean(axis=0).tolist(), "deviation": deviation.tolist()}


def _require_width(examples: Sequence[Example], width: int) -> None:
    bad = BadLines("frames")
    for example in examples:
        found = example.frames.shape[1]
        if example.form == "condition":
            wanted = f"wanted a .wav or .npy file, or frames of {width} features"
            bad.note(Problem(f"found {example.name!r}, {wanted}"))
        elif len(example.frames) and found != width:
            bad.note(Problem(f"found {found} features, wanted {width}", example.name))
    bad.check()


class Inputs:
    """Makes packed sequences of examples.

    Args:
        resources: what :func:`fit_inputs` returned.
        stack: frames that are read at once; the last of a sequence is repeated to fill up.

    Attributes:
        features: D, width of what the encoder reads.

    Raises:
        UserError: the resources are inconsistent.
    """

    def __init__(self, resources: Resources, *, stack: int = 1) -> None:
        self._stack = stack
        self._mean = np.asarray(resources.get("mean", ()), np.float64)
        self._deviation = np.asarray(resources.get("deviation", ()), np.float64)
        self._conditions = {name: i for i, name in enumerate(resources.get("conditions", ()))}
        self.features = len(self._conditions) or stack * len(self._mean)
        fits = self._mean.shape == self._deviation.shape == (len(self._mean),)
        if not fits or not self.features or not (self._deviation > 0).all():
            raise UserError("wanted conditions, or means and as many deviations above 0")

    def __str__(self) -> str:
        frames = f"{len(self._mean)} features, stacks of {self._stack}"
        return f"{len(self._conditions)} conditions" if self._conditions else frames

    def length(self, example: Example) -> int:
        """Return T, the steps that the encoder will make."""
        return 1 if self._conditions else -(-len(example.frames) // self._stack)

    def counts(self, examples: Sequence[Example]) -> dict[str, int]:
        """Count frames, or conditions that training never met."""
        if not self._conditions:
            return {"frames": sum(len(example.frames) for example in examples)}
        return {"unknown conditions": sum(len(self.unknown(example)) for example in examples)}

    def unknown(self, example: Example) -> list[str]:
        """Return the condition where training never met it."""
        return [example.name] if self._conditions and example.name not in self._conditions else []

    def guesser(
        self, train: Sequence[Example], method: VectorMethod
    ) -> Callable[[Sequence[Example]], list[str]]:
        """Return a classical baseline that sees the mean of the frames, not their order."""
        answers = [example.gold.answer for example in train]
        fitted = VectorClassifier.fit(self.means(train), answers, method=method)
        return lambda examples: fitted.predict(self.means(examples))

    def means(self, examples: Sequence[Example]) -> Array:
        """Return the mean (N, D) of what is read of each example; zeros where that is nothing."""
        return MeanPooling().forward(self.pack(examples))[0]

    def pack(self, examples: Sequence[Example]) -> PackedSequence:
        """Return the inputs (M, D) of examples, float32.

        An unknown condition is a vector of zeros.

        Raises:
            UserError: frames of another width than in training, or frames instead of conditions.
        """
        if self._conditions:
            return pack([self._one_hot(example) for example in examples])
        _require_width(examples, len(self._mean))
        return pack([self._scaled(example.frames) for example in examples], np.float32)

    def _one_hot(self, example: Example) -> Array:
        if example.form != "condition":
            wanted = f"wanted the name of one of {len(self._conditions)} conditions"
            raise UserError(Problem(f"found frames, {wanted}", example.name))
        known = self._conditions.get(example.name, -1)
        return np.equal(known, np.arange(self.features))[None].astype(np.float32)

    def _scaled(self, frames: Array) -> Array:
        if not len(frames):
            return np.empty((0, self.features), np.float32)
        steps = -(-len(frames) // self._stack)
        # Stacks must be whole, and what comes nearest to what is not there is the last frame.
        rows = np.minimum(np.arange(steps * self._stack), len(frames) - 1)
        scaled = (frames[rows] - self._mean) / self._deviation
        return scaled.reshape(steps, -1).astype(np.float32)
