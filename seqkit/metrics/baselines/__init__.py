"""What a model must beat: classical methods on the same data.

scikit-learn is imported inside functions, so that importing this package costs nothing.
"""

from typing import TYPE_CHECKING

from seqkit.lazy import lazy_names

__all__ = [
    "CommonestTag",
    "KneserNey",
    "LongestMatch",
    "MajorityClass",
    "NearestText",
    "TfidfClassifier",
    "VectorClassifier",
]

if TYPE_CHECKING:
    from seqkit.metrics.baselines.kneser_ney import KneserNey
    from seqkit.metrics.baselines.majority import MajorityClass
    from seqkit.metrics.baselines.names import LongestMatch
    from seqkit.metrics.baselines.nearest import NearestText
    from seqkit.metrics.baselines.tags import CommonestTag
    from seqkit.metrics.baselines.tfidf import TfidfClassifier
    from seqkit.metrics.baselines.vectors import VectorClassifier
else:
    __getattr__ = lazy_names(
        __name__,
        {
            "kneser_ney": ["KneserNey"],
            "majority": ["MajorityClass"],
            "names": ["LongestMatch"],
            "nearest": ["NearestText"],
            "tags": ["CommonestTag"],
            "tfidf": ["TfidfClassifier"],
            "vectors": ["VectorClassifier"],
        },
    )
