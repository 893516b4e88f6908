"""Words cut into pieces, and vocabularies of them."""

import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqkit.errors import UserError
from seqkit.text import END, UNKNOWN, Vocabulary
from seqkit.text.pieces import WORD_START, Merge, PieceCutter, learn_pieces

pytest.importorskip("tokenizers", reason="the extra seqkit[subwords] is not installed")

MARKS = (UNKNOWN, END)
WORDS = [
    *["low", "low", "low", "lower", "lowest", "newer", "newest"],
    *["영화가", "영화는", "영화를", "재미있다", "재미없다"],
]
LEARNT = learn_pieces(Counter(WORDS), size=40, minimum_count=1, specials=MARKS)
CUTTER = PieceCutter(LEARNT.counts, LEARNT.merges, MARKS)
VOCABULARY = Vocabulary.fit_pieces([WORDS], size=40, specials=MARKS)

some_words = st.text(st.sampled_from("lowernst영화가는재미있"), max_size=8)


def cut_by_the_book(word: str, merges: Sequence[Merge]) -> list[str]:
    """The merge learnt first is made first, wherever it can be, from the left."""
    pieces = list(WORD_START + word)
    while True:
        ranks = [
            (merges.index(pair), i) for i, pair in enumerate(pairwise(pieces)) if pair in merges
        ]
        if not ranks:
            return pieces
        _, i = min(ranks)
        pieces[i : i + 2] = [pieces[i] + pieces[i + 1]]


@given(some_words)
def test_words_are_cut_by_the_book(word: str) -> None:
    assert CUTTER.cut([word]) == cut_by_the_book(word, LEARNT.merges)


def test_the_most_frequent_pair_is_joined_first() -> None:
    found = learn_pieces({"ab": 5, "bc": 3, "abc": 1}, size=6, minimum_count=1, specials=())
    assert found.merges[:2] == (("a", "b"), (WORD_START, "ab"))


def test_a_frequent_word_is_one_piece_and_a_new_one_is_made_of_parts() -> None:
    assert CUTTER.cut(["low"]) == ["▁low"]
    assert "".join(CUTTER.cut(["영화관이"])) == "▁영화관이"
    assert "▁영화" in CUTTER.cut(["영화관이"])


def test_counts_are_of_the_training_text_as_it_is_cut() -> None:
    cut = Counter(CUTTER.cut(WORDS))
    assert {piece: n for piece, n in LEARNT.counts.items() if n} == cut


@given(st.lists(st.one_of(some_words, st.sampled_from([*MARKS, "🙂", "새"])), max_size=6))
def test_pieces_go_together_again(tokens: list[str]) -> None:
    assert VOCABULARY.join(VOCABULARY.cut(tokens)) == tokens


@given(st.lists(st.text(st.sampled_from("▁␛_lo🙂\ud800"), max_size=6), max_size=6))
def test_words_with_the_mark_in_them_come_back(tokens: list[str]) -> None:
    assert VOCABULARY.join(VOCABULARY.cut(tokens)) == tokens


def test_the_mark_in_a_word_is_learnt_like_any_character() -> None:
    words = ["▁"] * 5 + ["a▁b"] * 5
    vocabulary = Vocabulary.fit_pieces([words], size=30)
    assert vocabulary.unknown(words) == []
    assert vocabulary.join(vocabulary.decode(vocabulary.encode(words))) == words


def test_a_text_may_begin_inside_a_word() -> None:
    assert VOCABULARY.join(["er", "▁low", "est", END, "st"]) == ["er", "lowest", END, "st"]


def test_marks_stand_alone_in_text_too() -> None:
    assert VOCABULARY.cut(["low", UNKNOWN, END]) == ["▁low", UNKNOWN, END]
    assert VOCABULARY.encode([UNKNOWN, END]).tolist() == [0, 1]


def test_no_piece_is_a_mark() -> None:
    words = ["x<eos>"] * 9 + ["y<eos>"] * 9
    vocabulary = Vocabulary.fit_pieces([words], size=100, specials=MARKS)
    assert vocabulary.words[:2] == MARKS
    assert vocabulary.counts is not None
    assert vocabulary.counts[1] == 0
    assert 1 not in vocabulary.encode(words)


def test_what_no_piece_has_is_unknown() -> None:
    assert VOCABULARY.cut(["low🙂"]) == ["▁low", "🙂"]
    assert VOCABULARY.encode(["low🙂"]).tolist() == [VOCABULARY.ids["▁low"], 0]
    assert VOCABULARY.unknown(["low", "low🙂", "🙂", "low🙂"]) == ["low🙂", "🙂", "low🙂"]


def test_half_a_surrogate_pair_is_unknown() -> None:
    assert VOCABULARY.encode(["low\ud800", "low"]).tolist() == [0, VOCABULARY.ids["▁low"]]
    fitted = Vocabulary.fit_pieces([[*WORDS, "low\ud800"]], size=40, specials=MARKS)
    assert fitted == VOCABULARY


def test_a_rare_character_is_unknown() -> None:
    vocabulary = Vocabulary.fit_pieces([["aa", "ab", "aa"]], size=20, minimum_count=2)
    assert vocabulary.unknown(["aa", "ab"]) == ["ab"]


def test_rare_characters_take_no_room_from_the_pieces() -> None:
    words = [f"{a}{b}{c}" for a in "abcdef" for b in "ghijkl" for c in "mnopqr"]
    rare = [chr(0xAC00 + i) for i in range(80)] + ["gh새mn"]
    clean, dirty = (
        Vocabulary.fit_pieces([every], size=60, minimum_count=2) for every in (words, words + rare)
    )
    assert len(dirty) == len(clean) == 60
    assert [dirty.cut([word]) for word in words[:5]] == [clean.cut([word]) for word in words[:5]]


def test_no_pair_is_joined_over_a_rare_character() -> None:
    words = [f"a{chr(0xAC00 + i)}b" for i in range(9)]
    assert ("a", "b") not in (Vocabulary.fit_pieces([words], size=20, minimum_count=2).merges or ())


def test_the_size_is_kept_but_characters_are_too() -> None:
    assert len(Vocabulary.fit_pieces([WORDS], size=30, specials=MARKS)) == 30
    small = Vocabulary.fit_pieces([WORDS], size=2, specials=MARKS)
    assert set(small.words[2:]) == {WORD_START, *"".join(WORDS)}
    assert small.merges == ()


def test_examples_are_as_long_as_their_pieces() -> None:
    examples = [["low", "lowest"], [], ["newest"]]
    ids, lengths = VOCABULARY.encode_flat(examples)
    assert lengths.tolist() == [len(VOCABULARY.cut(tokens)) for tokens in examples]
    series = VOCABULARY.encode_series(examples)
    assert series.ids.tolist() == ids.tolist()
    assert VOCABULARY.decode(ids) == [p for tokens in examples for p in VOCABULARY.cut(tokens)]


def test_it_is_saved_with_its_merges() -> None:
    again = Vocabulary.from_json(VOCABULARY.to_json())
    assert again == VOCABULARY
    assert again.counts == VOCABULARY.counts
    assert again.cut(["lowest", "영화관"]) == VOCABULARY.cut(["lowest", "영화관"])
    assert Vocabulary(VOCABULARY.words, MARKS) != VOCABULARY


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"merges": [["l", "zz"]]}, "'zz', which is no piece"),
        ({"merges": [["l", "o", "w"]]}, "pairs of strings"),
        ({"merges": "lo"}, "pairs of strings"),
        ({"merges": [["l", "o"]], "specials": []}, "special"),
        ({"words": [*MARKS, "a", "\ud800", "a\ud800"], "merges": [["a", "\ud800"]]}, "surrogates"),
    ],
)
def test_a_file_that_does_not_fit_is_refused(change: dict[str, Any], said: str) -> None:
    document = VOCABULARY.to_json() | change
    document.pop("counts")
    with pytest.raises(UserError, match=said):
        Vocabulary.from_json(document)


def test_many_words_do_not_fill_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seqkit.text.pieces.MOST_KNOWN", 3)
    cutter = PieceCutter(LEARNT.counts, LEARNT.merges, MARKS)
    assert [cutter.cut([word]) for word in WORDS] == [CUTTER.cut([word]) for word in WORDS]
    assert len(cutter._known) <= 3


def test_pieces_cannot_be_added() -> None:
    with pytest.raises(ValueError, match="pieces cannot be added"):
        VOCABULARY.extended(["movie"])


@pytest.mark.parametrize(
    "wrong", [{"size": 0}, {"size": 9, "minimum_count": 0}, {"size": 9, "specials": ()}]
)
def test_what_cannot_be_fitted_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="must"):
        Vocabulary.fit_pieces([WORDS], **wrong)


def test_neither_hash_seed_nor_threads_change_what_is_learnt() -> None:
    code = (
        "from seqkit.text import Vocabulary as V;"
        f"print(V.fit_pieces([set({WORDS!r} + [str(i) for i in range(999)])], size=300).to_json())"
    )
    runs = [
        subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": seed, "RAYON_NUM_THREADS": threads, "PATH": ""},
            capture_output=True,
            check=True,
        ).stdout
        for seed, threads in (("1", "1"), ("2", "2"))
    ]
    assert runs[0] == runs[1]


def test_without_the_library_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seqkit.extras.find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"pip install 'seqkit\[subwords\]'"):
        Vocabulary.fit_pieces([WORDS], size=40)
    with pytest.raises(UserError, match=r"pip install 'seqkit\[subwords\]'"):
        Vocabulary.from_json(VOCABULARY.to_json())


def test_a_size_without_room_for_the_marks_keeps_the_characters() -> None:
    vocabulary = Vocabulary.fit_pieces([["ab", "ab"]], size=1, specials=MARKS)
    assert sorted(vocabulary.words[len(MARKS) :]) == ["a", "b", WORD_START]
    assert vocabulary.merges == ()
