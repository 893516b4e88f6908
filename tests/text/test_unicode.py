import re
import sys
import time
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from seqkit.text.jamo import compose_jamo, decompose_jamo, show_jamo
from seqkit.text.tokenizers import create_tokenizer
from seqkit.text.unicode import (
    _SINGLE,
    compile_pattern,
    graphemes,
    nfc,
    original_spans,
    spans_of,
)

hangul = st.text(st.characters(min_codepoint=0xAC00, max_codepoint=0xD7A3))
jamo_soup = st.text(
    st.one_of(
        st.characters(min_codepoint=0x1100, max_codepoint=0x11FF),
        st.characters(min_codepoint=0x3131, max_codepoint=0x318E),
        st.characters(min_codepoint=0xAC00, max_codepoint=0xD7A3),
        st.sampled_from("aé\u0301\u200d\ufe0f👍🏽🇰"),
    )
)
any_text = st.one_of(st.text(), hangul, jamo_soup)


def test_clusters_stay_whole():
    whole = ["한", "글", "👨‍👩‍👧", "🇰🇷", "👍🏽", "e\u0323\u0301", "1️⃣", "नि", "❤️", "\r\n", "ᄒᆞᆫ"]
    assert graphemes("".join(whole)) == whole


@given(any_text)
def test_clusters_end_to_end_are_the_text(text):
    pieces = graphemes(text)
    assert "".join(pieces) == text
    assert [text[start:end] for start, end in spans_of(pieces)] == pieces


@given(any_text)
def test_the_shortcut_cuts_as_the_full_pattern_does(text):
    assert graphemes(text) == compile_pattern(r"\X").findall(text)


def test_no_character_of_the_shortcut_joins_another():
    single = [c for c in map(chr, range(sys.maxunicode + 1)) if _SINGLE.fullmatch(c)]
    assert len(single) > 30_000
    cut = compile_pattern(r"\X").findall
    assert cut("".join(single)) == single
    assert cut("".join(c + c for c in single)) == [c for c in single for _ in range(2)]
    assert cut("".join("가" + c for c in single)) == [d for c in single for d in ("가", c)]


def test_nfc_makes_typed_variants_one_string():
    assert nfc(unicodedata.normalize("NFD", "한글 café")) == "한글 café"


def test_jamo_alone_are_shown_as_the_letters_that_people_type():
    assert [*map(show_jamo, decompose_jamo("각ㅋ a"))] == ["ㄱ", "ㅏ", "-ㄱ", "ㅋ", " ", "a"]
    assert [*map(show_jamo, "\u119e\u1113")] == ["ㆍ", "\u1113"]  # old Hangul, typed and not
    assert [show_jamo(token) for token in ["", "각", "\u1112\u119e\u11ab", "\u115f"]] == [
        "", "각", "\u1112\u119e\u11ab", "\u115f",
    ]  # fmt: skip


@given(any_text)
def test_jamo_round_trip_is_exact(text):
    assert compose_jamo(decompose_jamo(text)) == nfc(text)


@given(hangul)
def test_no_syllable_survives_decomposition(text):
    assert not re.search("[가-힣]", decompose_jamo(text))


def test_leading_and_trailing_consonants_differ():
    assert decompose_jamo("각") == "\u1100\u1161\u11a8"
    assert decompose_jamo("ㅋㅋ é") == "ㅋㅋ é"


@given(any_text)
def test_composing_joins_nothing_across_clusters(text):
    assert "".join(map(nfc, graphemes(text))) == nfc(text)


@given(any_text)
def test_a_span_of_the_composed_text_is_found_in_the_text_as_typed(text):
    composed = nfc(text)
    spans = spans_of(list(map(nfc, graphemes(text))))
    for (start, end), (first, last) in zip(spans, original_spans(text, spans), strict=True):
        assert nfc(text[first:last]) == composed[start:end]


def test_words_typed_in_pieces_are_found_whole():
    typed = unicodedata.normalize("NFD", "한국의 René 👍🏽 Ångström은")
    spans = original_spans(typed, create_tokenizer("whitespace").spans(typed))
    assert [typed[start:end] for start, end in spans] == typed.split()


def test_a_span_inside_what_was_composed_is_widened_to_the_cluster():
    typed = "x" + unicodedata.normalize("NFD", "각") + "y"
    assert original_spans(typed, [(0, 1), (1, 2), (2, 3), (1, 1), (3, 3)]) == [
        (0, 1),
        (1, 4),
        (4, 5),
        (1, 1),
        (5, 5),
    ]


flags = st.text("🇰🇷🇺🇸a\u0301\u200d\u0600👍", max_size=12)


@given(flags)
def test_flags_are_cut_as_the_library_cuts_them(text):
    assert graphemes(text) == compile_pattern(r"\X").findall(text)


def test_many_flags_are_cut_in_time_that_grows_with_their_number():
    def seconds(count):
        start = time.process_time()
        assert len(graphemes("🇰🇷" * count)) == count
        return time.process_time() - start

    few = min(seconds(2_000) for _ in range(3))
    assert seconds(32_000) < 100 * few  # 256 times as long if each looked at those before it
