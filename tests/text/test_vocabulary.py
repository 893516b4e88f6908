import json
import os
import subprocess
import sys
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqkit.errors import UserError
from seqkit.text import END, UNKNOWN, Vocabulary, create_tokenizer, read_plain

words = st.text(min_size=1, max_size=4)
corpora = st.lists(st.lists(words, max_size=8), max_size=8)


def test_order_is_specials_then_count_then_word():
    vocabulary = Vocabulary.fit([["b", "a", "c"], ["c", "나", "가"]], specials=(UNKNOWN, END))
    assert vocabulary.words == (UNKNOWN, END, "c", "a", "b", "가", "나")
    assert vocabulary.counts == (0, 0, 2, 1, 1, 1, 1)
    assert (vocabulary.unknown_id, vocabulary.end_id) == (0, 1)


@given(corpora)
def test_known_text_comes_back(corpus):
    vocabulary = Vocabulary.fit(corpus)
    for tokens in corpus:
        assert vocabulary.decode(vocabulary.encode(tokens)) == tokens


@given(corpora, st.randoms())
def test_the_order_of_examples_does_not_matter(corpus, random):
    shuffled = list(corpus)
    random.shuffle(shuffled)
    one, other = Vocabulary.fit(corpus), Vocabulary.fit(shuffled)
    assert one == other
    assert one.counts == other.counts
    assert hash(one) == hash(other)


def test_the_hash_seed_does_not_matter():
    code = (
        "from seqkit.text import Vocabulary as V;"
        "print(V.fit([{'x', 'y', 'z', 'w', 'v'}, {'x', 'q'}]).words)"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in "12"
    }
    assert len(outputs) == 1


@given(corpora, st.integers(1, 3), st.integers(1, 9))
def test_limits(corpus, minimum_count, maximum_size):
    vocabulary = Vocabulary.fit(corpus, minimum_count=minimum_count, maximum_size=maximum_size)
    counts = Counter(token for tokens in corpus for token in tokens)
    assert len(vocabulary) <= maximum_size
    assert all(counts[word] >= minimum_count for word in vocabulary.words[1:])


def test_unknown_words_become_the_mark():
    vocabulary = Vocabulary.fit([["a"]])
    ids = vocabulary.encode(["a", "새", "<unk>", "a"])
    assert ids.tolist() == [1, 0, 0, 1]
    assert ids.dtype == np.int64
    assert vocabulary.decode(iter([1, 0])) == ["a", "<unk>"]


def test_the_mark_in_the_text_is_the_mark():
    vocabulary = Vocabulary.fit([["<unk>", "a", "<unk>"]])
    assert vocabulary.words == (UNKNOWN, "a")
    assert vocabulary.counts == (2, 1)


def test_without_the_mark_unknown_words_are_refused():
    tags = Vocabulary.fit([["NOUN", "VERB"]], specials=())
    with pytest.raises(UserError, match=r"'NUON' is none of the 2.*did you mean 'NOUN'") as caught:
        tags.encode(["NOUN", "NUON", *map(str, range(30))])
    assert len(caught.value.problems) == 21


@given(corpora)
def test_examples_end_to_end(corpus):
    vocabulary = Vocabulary.fit(corpus)
    ids, lengths = vocabulary.encode_flat(corpus)
    assert ids.tolist() == [i for tokens in corpus for i in vocabulary.encode(tokens)]
    assert lengths.tolist() == [len(tokens) for tokens in corpus]


def test_a_string_is_no_series_of_tokens():
    vocabulary = Vocabulary.fit([["a"]])
    with pytest.raises(TypeError):
        vocabulary.encode("a")
    with pytest.raises(TypeError):
        vocabulary.encode_flat(["a"])
    with pytest.raises(TypeError):
        Vocabulary.fit(["a b"])
    with pytest.raises(TypeError):
        Vocabulary.fit("a b")


@pytest.mark.parametrize("ids", [[-1], [2], [[0]]])
def test_ids_out_of_range_are_refused(ids):
    with pytest.raises(ValueError, match="ids must"):
        Vocabulary.fit([["a"]]).decode(ids)


@pytest.mark.parametrize(
    "options", [{"minimum_count": 0}, {"maximum_size": 0}, {"specials": ("a", "a")}]
)
def test_impossible_options(options):
    with pytest.raises(ValueError, match="must be"):
        Vocabulary.fit([["a"]], **options)


@given(corpora)
def test_json_round_trip(corpus):
    vocabulary = Vocabulary.fit(corpus, specials=(UNKNOWN, END))
    document = json.loads(json.dumps(vocabulary.to_json()))
    loaded = Vocabulary.from_json(document)
    assert loaded == vocabulary
    assert loaded.counts == vocabulary.counts


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (None, "wanted an object"),
        ({"specials": []}, "'words' must be a list"),
        ({"words": ["a", 1], "specials": []}, "'words' must be a list"),
        ({"words": ["a"], "specials": "a"}, "'specials' must be a list"),
        ({"words": ["a", "a"], "specials": []}, "found twice: \\['a'\\]"),
        ({"words": ["a"], "specials": ["<unk>"]}, "must be the specials"),
        ({"words": ["a"], "specials": [], "counts": [1, 2]}, "as many counts"),
        ({"words": ["a"], "specials": [], "counts": [True]}, "whole numbers"),
        ({"words": ["a"], "specials": [], "counts": [-1]}, "at least 0"),
        ({"words": ["a"], "specials": [], "padding": 0}, "unknown key 'padding'"),
    ],
)
def test_damaged_json_is_refused(document, message):
    with pytest.raises(UserError, match=message):
        Vocabulary.from_json(document)


def test_further_words_follow_as_never_met():
    vocabulary = Vocabulary.fit([["b", "a", "b"]])
    longer = vocabulary.extended(["c", "a", "d", "c"])
    assert longer.words == ("<unk>", "b", "a", "c", "d")
    assert longer.counts == (0, 2, 1, 0, 0)
    assert vocabulary.extended(["c", "d"], maximum_size=4).words == longer.words[:4]
    assert vocabulary.extended(["c"], maximum_size=1) == vocabulary


def test_containers():
    vocabulary = Vocabulary.fit([["a"]])
    assert "a" in vocabulary
    assert "b" not in vocabulary
    assert vocabulary != "a"
    assert repr(vocabulary) == "Vocabulary(2 words, specials=('<unk>',))"


@pytest.mark.realdata
def test_wikitext_counts(realdata):
    tokenizer = create_tokenizer("whitespace")

    def read(name: str) -> list[list[str]]:
        lines = read_plain(realdata(f"wikitext-2/{name}.txt"), blank_lines=True)
        return [[*tokenizer.tokenize(line.text), END] for line in lines]

    train = read("train")
    vocabulary = Vocabulary.fit(train, specials=(UNKNOWN, END))
    assert len(vocabulary) == 33_278
    sizes = [
        len(vocabulary.encode_flat(lines)[0]) for lines in (train, read("valid"), read("test"))
    ]
    assert sizes == [2_088_628, 217_646, 245_569]


def test_a_vocabulary_of_a_model_names_itself_when_it_is_wrong():
    good = Vocabulary.fit([["a", "b"]]).to_json()
    made = Vocabulary.from_resources({"words": good}, "words", specials=(UNKNOWN,))
    assert made.words == (UNKNOWN, "a", "b")
    with pytest.raises(UserError, match=r"^words: wanted the specials \(\), found \('<unk>',\)$"):
        Vocabulary.from_resources({"words": good}, "words", specials=())
    with pytest.raises(UserError, match=r"^tags: .*wanted an object"):
        Vocabulary.from_resources({"tags": []}, "tags", specials=())


@given(st.lists(st.lists(st.sampled_from("abcd"), max_size=5), max_size=6), st.data())
def test_some_of_a_series_are_what_they_are_alone(examples, data):
    vocabulary = Vocabulary((UNKNOWN, "a", "b", "c"), (UNKNOWN,))
    chosen = data.draw(
        st.lists(st.integers(0, len(examples) - 1), max_size=8) if examples else st.just([])
    )
    ids, lengths = vocabulary.encode_series(examples).of(np.array(chosen, np.int64))
    alone, alone_lengths = vocabulary.encode_flat([examples[i] for i in chosen])
    np.testing.assert_array_equal(ids, alone)
    np.testing.assert_array_equal(lengths, alone_lengths)
    assert ids.dtype == alone.dtype


def test_half_a_surrogate_pair_among_the_words_has_a_digest() -> None:
    whole, half = Vocabulary((UNKNOWN, "a")), Vocabulary((UNKNOWN, "a\ud800"))
    assert whole.digest != half.digest
