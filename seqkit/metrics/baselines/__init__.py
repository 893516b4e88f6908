"""What a model must beat: classical methods on the same data.

scikit-learn is imported inside functions, so that importing this package costs nothing.
"""

from seqkit.metrics.baselines.kneser_ney import KneserNey
from seqkit.metrics.baselines.majority import MajorityClass
from seqkit.metrics.baselines.names import LongestMatch
from seqkit.metrics.baselines.nearest import NearestText
from seqkit.metrics.baselines.tags import CommonestTag
from seqkit.metrics.baselines.tfidf import TfidfClassifier
from seqkit.metrics.baselines.vectors import VectorClassifier

__all__ = [
    "CommonestTag",
    "KneserNey",
    "LongestMatch",
    "MajorityClass",
    "NearestText",
    "TfidfClassifier",
    "VectorClassifier",
]
