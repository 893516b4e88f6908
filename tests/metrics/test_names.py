"""The baseline that finds the names of training."""

from seqkit.metrics.baselines import LongestMatch
from seqkit.text import Span

SENTENCES = [("Mira", "Hale", "met", "Sam"), ("Halden",), ("서울에서", "만났다")]
ENTITIES = [
    [Span(0, 2, "PER"), Span(3, 4, "PER")],
    [Span(0, 1, "LOC")],
    [Span(0, 1, "LOC")],
]


def test_the_longest_name_is_taken() -> None:
    matcher = LongestMatch.fit(SENTENCES, ENTITIES)
    found = matcher.find(("Sam", "met", "Mira", "Hale", "Halden", "Mira", "서울에서"))
    assert found == [Span(0, 1, "PER"), Span(2, 4, "PER"), Span(4, 5, "LOC"), Span(6, 7, "LOC")]
    assert matcher.find(()) == []


def test_a_name_has_its_commonest_type() -> None:
    entities = [[Span(0, 1, kind)] for kind in ("ORG", "LOC", "ORG")]
    assert LongestMatch.fit([("Halden",)] * 3, entities).find(("Halden",)) == [Span(0, 1, "ORG")]


def test_a_name_that_is_mostly_a_common_word_is_not_taken() -> None:
    sentences = [("may", "be")] * 3 + [("may", "sang")]
    entities = [[], [], [], [Span(0, 1, "PER")]]
    assert LongestMatch.fit(sentences, entities).find(("may", "sang")) == []
    assert LongestMatch.fit(sentences[2:], entities[2:]).find(("may", "sang")) == [
        Span(0, 1, "PER")
    ]
