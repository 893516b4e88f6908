"""Tag schemes: spans as tags and back, what is legal, and what is made of the rest."""

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqkit.text import (
    SchemeName,
    Span,
    TagScheme,
    find_malformed,
    read_spans,
    read_tagged,
    write_spans,
)

SCHEMES = [TagScheme(name) for name in get_args(SchemeName)]
ANY_TAG = st.sampled_from(TagScheme("iobes").inventory(["X", "Y-Z"]))


@st.composite
def spans_of_a_sentence(draw: st.DrawFn) -> tuple[list[Span], int]:
    """Draw spans, often right after one another, and the number of words."""
    spans, place = [], 0
    for gap, width, kind in draw(
        st.lists(st.tuples(st.integers(0, 2), st.integers(1, 3), st.sampled_from("XY")), max_size=6)
    ):
        spans.append(Span(place + gap, place + gap + width, kind))
        place += gap + width
    return spans, place + draw(st.integers(0, 2))


@pytest.mark.parametrize("scheme", SCHEMES, ids=lambda s: s.name)
@given(case=spans_of_a_sentence())
def test_spans_written_in_a_scheme_are_read_as_they_were(
    scheme: TagScheme, case: tuple[list[Span], int]
) -> None:
    spans, length = case
    tags = scheme.tags(spans, length)
    assert len(tags) == length
    assert read_spans(tags) == scheme.strict_spans(tags) == spans
    assert scheme.is_legal(tags)


@pytest.mark.parametrize("scheme", SCHEMES, ids=lambda s: s.name)
@given(tags=st.lists(ANY_TAG, max_size=8))
def test_a_sequence_is_legal_if_each_tag_may_follow_the_one_before(
    scheme: TagScheme, tags: list[str]
) -> None:
    neighbours = pairwise([None, *tags, None])
    assert scheme.is_legal(tags) == all(scheme.allows(*pair) for pair in neighbours)


@pytest.mark.parametrize("scheme", SCHEMES, ids=lambda s: s.name)
@given(tags=st.lists(ANY_TAG, max_size=8))
def test_repairing_keeps_the_spans_and_makes_legal_tags(scheme: TagScheme, tags: list[str]) -> None:
    repaired = scheme.repaired(tags)
    assert scheme.is_legal(repaired)
    assert read_spans(repaired) == read_spans(tags)
    assert set(scheme.strict_spans(tags)) <= set(read_spans(tags))
    assert scheme.repaired(repaired) == repaired


def test_the_schemes_write_the_same_spans_each_in_its_way() -> None:
    spans = [Span(0, 1, "X"), Span(1, 3, "X"), Span(4, 5, "Y")]
    written = {scheme.name: " ".join(scheme.tags(spans, 6)) for scheme in SCHEMES}
    assert written == {
        "iob1": "I-X B-X I-X O I-Y O",
        "iob2": "B-X B-X I-X O B-Y O",
        "iobes": "S-X B-X E-X O S-Y O",
    }


def test_a_scheme_of_one_type_may_leave_its_name_out() -> None:
    assert read_spans(["B", "I", "O", "B"]) == [Span(0, 2, ""), Span(3, 4, "")]
    assert TagScheme("iobes").tags([Span(0, 2, "")], 3) == ["B", "E", "O"]
    assert TagScheme("iob2").inventory([""]) == ["O", "B", "I"]


@pytest.mark.parametrize(
    ("tags", "spans", "strict"),
    [
        ("O I-X I-X", [(1, 3)], []),
        ("B-X I-Y", [(0, 1), (1, 2)], [(0, 1)]),
        ("I-X O B-X", [(0, 1), (2, 3)], [(2, 3)]),
    ],
)
def test_illegal_tags_are_read_as_the_conll_script_does_or_strictly(
    tags: str, spans: list[tuple[int, int]], strict: list[tuple[int, int]]
) -> None:
    row = tags.split()
    assert [(s.start, s.end) for s in read_spans(row)] == spans
    assert [(s.start, s.end) for s in TagScheme("iob2").strict_spans(row)] == strict


def test_a_needless_b_is_illegal_in_iob1() -> None:
    scheme = TagScheme("iob1")
    assert scheme.repaired(["B-X", "I-X", "O", "B-Y"]) == ["I-X", "I-X", "O", "I-Y"]
    assert scheme.strict_spans(["B-X", "I-X", "O", "I-Y"]) == [Span(3, 4, "Y")]


def test_what_is_no_tag_is_found() -> None:
    good = ["O", "B-PER", "I-a-b", "E-장소", "S-1", "B", "S"]
    bad = ["", "o", "PER", "b-PER", "B-", "X-PER", "O-PER", "BI-PER"]
    assert find_malformed([*good, *bad, *bad]) == bad


def test_spans_that_overlap_or_leave_the_sentence_are_refused() -> None:
    for spans in ([Span(0, 2, "X"), Span(1, 3, "X")], [Span(2, 4, "X")], [Span(1, 1, "X")]):
        with pytest.raises(ValueError, match="overlaps another span, or leaves the 3 words"):
            write_spans(spans, 3, "iob2")


def test_an_unknown_scheme_is_refused_with_the_nearest() -> None:
    with pytest.raises(ValueError, match="iob2"):
        TagScheme("iob3")  # type: ignore[arg-type]


@pytest.mark.realdata
def test_wnut_is_legal_iob2_and_survives_every_scheme(realdata: Callable[[str], Path]) -> None:
    rows = [sentence.tags for sentence in read_tagged(realdata("wnut-17/wnut17train.conll"))]
    assert not any(find_malformed(row) for row in rows)
    assert all(map(TagScheme("iob2").is_legal, rows))
    assert sum(len(read_spans(row)) for row in rows) == 1_975
    for scheme in SCHEMES:
        written = [scheme.repaired(row) for row in rows]
        assert list(map(read_spans, written)) == list(map(read_spans, rows))
