"""The search for better options, on validation data only."""

from seqkit.tuning.search import Search
from seqkit.tuning.spaces import Choices, Dimension, Range, default_space, read_dimension
from seqkit.tuning.trials import Trial

__all__ = [
    "Choices",
    "Dimension",
    "Range",
    "Search",
    "Trial",
    "default_space",
    "read_dimension",
]
