"""seqkit: recurrent sequence models for text, in NumPy, with tasks as plugins.

>>> import seqkit
>>> model = seqkit.load("runs/sentiment-1")            # doctest: +SKIP
>>> model.predict(["I could not put it down."])        # doctest: +SKIP

The names below are imported when they are first used, so that ``import seqkit`` costs little.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_PLACES = {
    "Bidirectional": "seqkit.layers.bidirectional",
    "GRU": "seqkit.layers.recurrent",
    "LSTM": "seqkit.layers.recurrent",
    "PackedSequence": "seqkit.sequences",
    "Parameter": "seqkit.parameters",
    "RNN": "seqkit.layers.recurrent",
    "Stack": "seqkit.layers.stack",
    "UserError": "seqkit.errors",
    "estimator": "seqkit.estimators",
    "hookimpl": "seqkit.hookspecs",
    "load": "seqkit.loading",
    "pack": "seqkit.sequences",
    "train": "seqkit.runs",
    "use_compiled": "seqkit.kernels.compiled",
    "use_threads": "seqkit.kernels.threads",
}

__all__ = [
    "GRU",
    "LSTM",
    "RNN",
    "Bidirectional",
    "PackedSequence",
    "Parameter",
    "Stack",
    "UserError",
    "estimator",
    "hookimpl",
    "load",
    "pack",
    "train",
    "use_compiled",
    "use_threads",
]

if TYPE_CHECKING:
    from seqkit.errors import UserError
    from seqkit.estimators import estimator
    from seqkit.hookspecs import hookimpl
    from seqkit.kernels.compiled import use_compiled
    from seqkit.kernels.threads import use_threads
    from seqkit.layers.bidirectional import Bidirectional
    from seqkit.layers.recurrent import GRU, LSTM, RNN
    from seqkit.layers.stack import Stack
    from seqkit.loading import load
    from seqkit.parameters import Parameter
    from seqkit.runs import train
    from seqkit.sequences import PackedSequence, pack


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module 'seqkit' has no attribute {name!r}")
    value = getattr(import_module(_PLACES[name]), name)
    globals()[name] = value
    return value
