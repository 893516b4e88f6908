"""Whether a model has met the texts that it is scored on, told from a sketch of its own.

A sketch is the smallest hashes of all the texts (Broder 1997, "bottom-k"). Of a text whose hash is
as small as theirs it tells for certain whether it was there, and the share among these stands for
the share among all. It takes 20 kB of a model file, however much the model was trained on.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from heapq import nsmallest
from typing import Any

__all__ = ["describe_overlap", "sketch_of"]

KEPT = 1024
"""Hashes of a sketch. A share is off by some 3 % where a thousand items can be told by them."""


def sketch_of(keys: Iterable[str]) -> list[str]:
    """Return the smallest hashes of different texts, blank ones aside: all of fewer than 1,024."""
    return nsmallest(KEPT, {_hash(key) for key in keys if key.strip()})


def describe_overlap(metadata: Mapping[str, Any], keys: Iterable[str]) -> str | None:
    """Say how many items a model was trained on, or had its epoch chosen by; None where on none.

    Args:
        metadata: of the model; says nothing in files of models that keep no sketch.
        keys: :meth:`seqkit.tasks.Task.key` of each item to be scored.
    """
    kept = _sketch_in(metadata)
    hashes = [_hash(key) for key in keys if key.strip()]
    whole, known = len(kept) < KEPT, frozenset(kept)
    told = hashes if whole else [found for found in hashes if found <= kept[-1]]
    met = sum(found in known for found in told)
    if not met:
        return None
    share = f"{met:,} of {len(told):,}" if whole else f"about {met / len(told):.0%}"
    stand = "stands" if whole and met == 1 else "stand"
    return (
        f"{share} items {stand} in the training or validation split of the model: its scores on "
        "what it has met say little of its scores on others"
    )


def _sketch_in(metadata: Mapping[str, Any]) -> Sequence[str]:
    """Return the sketch of a model's file, which may hold anything else under its name."""
    kept = metadata.get("trained_on")
    return kept if isinstance(kept, list) and all(isinstance(one, str) for one in kept) else ()


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:16]
