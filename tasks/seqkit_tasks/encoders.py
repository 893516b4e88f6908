"""The built-in encoders: stacks of RNN, LSTM or GRU layers, in one direction or both."""

from collections.abc import Iterator
from functools import partial
from typing import Literal

from seqkit.encoders import build_cell
from seqkit.hookspecs import EncoderSpec, hookimpl

__all__ = ["seqkit_encoders"]

_SUMMARIES: dict[Literal["rnn", "lstm", "gru"], str] = {
    "rnn": "simple recurrent layer with tanh (Elman 1990)",
    "lstm": "long short-term memory with forget gates (Gers et al. 2000)",
    "gru": "gated recurrent unit (Cho et al. 2014)",
}


@hookimpl
def seqkit_encoders() -> Iterator[EncoderSpec]:
    """Offer ``rnn``, ``lstm`` and ``gru``."""
    for cell, summary in _SUMMARIES.items():
        yield EncoderSpec(name=cell, summary=summary, build=partial(build_cell, cell))
