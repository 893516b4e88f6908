"""What one input is: a sequence of frames, a single vector, or the name of a condition."""

import hashlib
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from seqkit.arrays import Array
from seqkit.errors import Problem, UserError
from seqkit.text import nfc

__all__ = ["NO_GOLD", "Example", "Gold", "check_frames"]


class Gold(NamedTuple):
    """A gold answer, and what the data call it: ``label``, ``text`` or nothing; all empty: none."""

    answer: str = ""
    kind: str = ""


NO_GOLD = Gold()


@dataclass(frozen=True, eq=False)
class Example:
    """An input with its gold answer.

    Attributes:
        name: how people find it again: a file, ``file.npz[3]``, or the condition itself, in NFC.
        frames: (T, D) float32; a single vector is (1, D), a condition (0, 0).
        gold: the gold answer.
        form: ``sequence``, ``vector`` or ``condition``.
    """

    name: str
    frames: Array
    gold: Gold = NO_GOLD
    form: str = "sequence"

    def digest(self) -> str:
        """Return the shape and a digest of the frames, equal for equal frames."""
        shape = " x ".join(map(str, self.frames.shape))
        return f"{shape} {hashlib.sha256(self.frames.tobytes()).hexdigest()[:16]}"

    @classmethod
    def of(cls, value: Any, name: str, gold: Gold = NO_GOLD) -> "Example":
        """Make an example of an array (T, D), of a vector (D,), or of the name of a condition.

        Raises:
            UserError: none of these.
        """
        if isinstance(value, str):
            return cls(nfc(value), np.empty((0, 0), np.float32), gold, "condition")
        frames = check_frames(value, name)
        if frames.ndim == 1 and frames.size:
            return cls(name, frames[None], gold, "vector")
        return cls(name, frames.reshape(len(frames), frames.shape[-1]), gold)


def check_frames(value: Any, where: str) -> Array:
    """Return numbers of one or two axes as float32.

    Raises:
        UserError: no numbers, another number of axes, or a value that is not finite, with its
            place.
    """
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise UserError(Problem(f"found rows of different lengths ({error})", where)) from None
    if array.dtype.kind not in "fiub" or array.ndim not in (1, 2):
        found = f"found an array of {array.dtype} {array.shape}"
        raise UserError(Problem(f"{found}, wanted numbers (frames, features)", where))
    with np.errstate(over="ignore"):
        frames = array.astype(np.float32)
    bad = np.argwhere(~np.isfinite(frames))
    if len(bad):
        found = f"found {array[tuple(bad[0])]} at {bad[0].tolist()}, counted from 0"
        raise UserError(Problem(f"{found}; wanted finite numbers", where))
    return frames
