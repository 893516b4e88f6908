"""seqkit: recurrent sequence models for text, in NumPy, with tasks as plugins.

>>> import seqkit
>>> model = seqkit.load("runs/sentiment-1")            # doctest: +SKIP
>>> model.predict(["I could not put it down."])        # doctest: +SKIP

The names below are imported when they are first used, so that ``import seqkit`` costs little.
"""

from typing import TYPE_CHECKING

from seqkit.lazy import lazy_names

__version__ = "0.1.0"

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
else:
    __getattr__ = lazy_names(
        __name__,
        {
            "errors": ["UserError"],
            "estimators": ["estimator"],
            "hookspecs": ["hookimpl"],
            "kernels.compiled": ["use_compiled"],
            "kernels.threads": ["use_threads"],
            "layers.bidirectional": ["Bidirectional"],
            "layers.recurrent": ["GRU", "LSTM", "RNN"],
            "layers.stack": ["Stack"],
            "loading": ["load"],
            "parameters": ["Parameter"],
            "runs": ["train"],
            "sequences": ["PackedSequence", "pack"],
        },
    )
