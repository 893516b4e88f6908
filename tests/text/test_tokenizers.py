import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqkit.errors import UserError
from seqkit.text import TOKENIZERS, Tokenizer, create_tokenizer, nfc, read_labelled

from .test_unicode import any_text

words = create_tokenizer("words")
prose = st.text(st.sampled_from("abnt's  .,!?\"-@#1:()가나ㅋㅠ美é\u0301👍🏽<unk>_/"))


@pytest.mark.parametrize("name", ["whitespace", "words", "characters"])
@given(text=st.one_of(any_text, prose))
def test_spans_give_the_tokens(name, text):
    tokenizer = create_tokenizer(name)
    normal = nfc(text)
    found = [normal[start:end] for start, end in tokenizer.spans(text)]
    assert found == tokenizer.tokenize(text)


@pytest.mark.parametrize("name", ["whitespace", "words"])
@given(text=st.one_of(any_text, prose))
def test_nothing_but_white_space_is_left_out(name, text):
    tokens = create_tokenizer(name).tokenize(text)
    assert "".join(tokens) == "".join(nfc(text).split())
    assert all(tokens)


@pytest.mark.parametrize("name", ["whitespace", "words"])
@given(text=st.one_of(any_text, prose))
def test_spans_rise_and_do_not_overlap(name, text):
    flat = [edge for span in create_tokenizer(name).spans(text) for edge in span]
    assert flat == sorted(flat)


@pytest.mark.parametrize("name", ["characters", "jamo"])
@given(text=any_text)
def test_join_undoes_tokenize_exactly(name, text):
    tokenizer = create_tokenizer(name)
    assert tokenizer.join(tokenizer.tokenize(text)) == nfc(text)


@given(text=any_text)
def test_jamo_spans_are_those_of_whole_characters(text):
    jamo, characters = create_tokenizer("jamo"), create_tokenizer("characters")
    assert len(jamo.spans(text)) == len(jamo.tokenize(text))
    assert list(dict.fromkeys(jamo.spans(text))) == characters.spans(text)


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("Don't stop, it's fine.", ["Do", "n't", "stop", ",", "it", "'s", "fine", "."]),
        ("We’ll see; isn’t it?", ["We", "’ll", "see", ";", "is", "n’t", "it", "?"]),
        ("rock'n'roll o'clock l'homme", ["rock'n'roll", "o'clock", "l'homme"]),
        ("the U.S. and e.g. Mr. Smith", ["the", "U.S.", "and", "e.g.", "Mr.", "Smith"]),
        ("brand-new 1,000.50 10:30 2010-2011", ["brand-new", "1,000.50", "10:30", "2010-2011"]),
        ("$5 and 50%", ["$", "5", "and", "50", "%"]),
        ("wow!!! no... yes~~", ["wow", "!!!", "no", "...", "yes", "~~"]),
        ("at https://a.b/c?d=1.", ["at", "https://a.b/c?d=1", "."]),
        ("me@x.co.kr @user #tag", ["me@x.co.kr", "@user", "#tag"]),
        (":) :-( ;D <3 ^^ T_T", [":)", ":-(", ";D", "<3", "^^", "T_T"]),
        ("재밌다ㅋㅋㅋ ㅠ.ㅠ 굿", ["재밌다", "ㅋㅋㅋ", "ㅠ.ㅠ", "굿"]),
        ("10점만점에 9.5점", ["10점만점에", "9.5점"]),
        ("'최고'의 로맨스-코미디", ["'", "최고", "'", "의", "로맨스", "-", "코미디"]),
        ("美대통령 東京タワー", ["美", "대통령", "東", "京", "タワー"]),
        ("좋아👍🏽🇰🇷👨‍👩‍👧!", ["좋아", "👍🏽", "🇰🇷", "👨‍👩‍👧", "!"]),
        ("مرحبا، می‌خواهم नमस्ते", ["مرحبا", "،", "می‌خواهم", "नमस्ते"]),
        ("a <unk> @-@ b", ["a", "<unk>", "@-@", "b"]),
        ("http://a\x1fb\x1c", ["http://a", "b"]),
        ("", []),
        (" \u3000\n\x85", []),
    ],
)
def test_words(text, tokens):
    assert words.tokenize(text) == tokens


@pytest.mark.parametrize(
    "text",
    [
        "Don't stop, it's fine.",
        'He said: "never (ever)!" and left.',
        "The U.S. paid $5.00, i.e. 50% more; isn’t that “much”?",
        "이 영화 정말 재밌어요! '최고'라고 (진짜) 생각해요...",
        "10점 드립니다 👍🏽 ㅋㅋㅋ",
        "I love it :) really <3",
    ],
)
def test_words_joined_are_the_sentence(text):
    if "'최고'라고" in text:
        # Whether a particle stands on the quotation before it cannot be known from the tokens.
        text = text.replace("'최고'라고", "'최고' 라고")
    assert words.join(words.tokenize(text)) == text


@given(text=prose)
def test_join_loses_no_character_but_white_space(text):
    joined = words.join(words.tokenize(text))
    assert "".join(joined.split()) == "".join(nfc(text).split())


def test_whitespace_joins_with_one_space():
    tokenizer = create_tokenizer("whitespace")
    assert tokenizer.join(tokenizer.tokenize("a  b\tc\u2028d")) == "a b c d"


def test_all_are_tokenizers_of_their_name():
    for name in TOKENIZERS:
        tokenizer = create_tokenizer(name)
        assert isinstance(tokenizer, Tokenizer)
        assert tokenizer.name == name


def test_an_unknown_name_gives_the_nearest():
    with pytest.raises(UserError, match="did you mean 'characters'"):
        create_tokenizer("charcters")


@pytest.mark.realdata
def test_150_000_reviews_take_seconds(realdata):
    reviews = [record.text for record in read_labelled(realdata("nsmc/ratings_train.txt"))]
    start = time.process_time()
    tokens = [words.tokenize(review) for review in reviews]
    # About 2.5 s when it was written; what is refused is a pattern that became quadratic.
    assert time.process_time() - start < 20
    for review, found in zip(reviews[:5000], tokens, strict=False):
        assert "".join(found) == "".join(review.split())


@pytest.mark.parametrize(
    "piece",
    ["a'", "a-", "1.", "ab.", "a", "www.", "^_", "T_", "ㅠ.", "n't", "a@", "http://!", "\u0301"],
)
def test_no_text_takes_more_than_linear_time(piece):
    start = time.process_time()
    words.tokenize(piece * 20_000)
    assert time.process_time() - start < 5
