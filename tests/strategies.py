"""What property tests draw from, and how long they take.

``SEQKIT_HYPOTHESIS=deep pytest`` tries many more examples than the quick default.
"""

import os
from typing import Any

import numpy as np
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from seqkit.arrays import Array
from seqkit.sequences import PackedSequence, pack_flat

settings.register_profile(
    "quick",
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("deep", max_examples=1000, deadline=None)
settings.load_profile(os.environ.get("SEQKIT_HYPOTHESIS", "quick"))


def rngs() -> st.SearchStrategy[np.random.Generator]:
    """Generators."""
    return st.integers(0, 2**32 - 1).map(np.random.default_rng)


def lengths(
    max_batch: int = 6, max_length: int = 7, *, min_length: int = 0, min_batch: int = 0
) -> st.SearchStrategy[list[int]]:
    """Lengths of the sequences of a batch, in the caller's order; zeros among them."""
    return st.lists(st.integers(min_length, max_length), min_size=min_batch, max_size=max_batch)


def sizes(maximum: int = 9) -> st.SearchStrategy[int]:
    """Widths of layers, with odd ones and ones around the vector length."""
    return st.integers(1, maximum) | st.sampled_from([16, 17, 33])


@st.composite
def batches(draw: Any, features: int, dtype: Any = np.float64, **options: Any) -> PackedSequence:
    """Packed batches of Gaussian inputs (M, features)."""
    return random_batch(draw(rngs()), draw(lengths(**options)), features, dtype)


def random_batch(
    rng: np.random.Generator, lengths: list[int], features: int, dtype: Any = np.float64
) -> PackedSequence:
    """A packed batch of Gaussian inputs (M, features)."""
    return pack_flat(rng.normal(size=(sum(lengths), features)).astype(dtype), lengths)


def random_state(rng: np.random.Generator, layer: Any, batch: int, dtype: Any = np.float64) -> Any:
    """A Gaussian state for a recurrent layer, of the type that the layer returns."""
    _, state, _ = layer.forward(random_batch(rng, [0] * batch, layer.features, dtype))
    return type(state)(*(like(rng, array) for array in state))


def like(rng: np.random.Generator, array: Array) -> Array:
    """Gaussian numbers of an array's shape and dtype."""
    return rng.normal(size=array.shape).astype(array.dtype)
