import subprocess
import sys
from random import Random
from typing import Any

import numpy as np
import pytest

from seqkit.metrics.baselines import (
    CommonestTag,
    MajorityClass,
    NearestText,
    TfidfClassifier,
    VectorClassifier,
    nearest,
)

GOOD = ["a fine film", "fine acting , fine story", "a joy !", "what a joy"]
BAD = ["a dull film", "dull acting", "a bore", "what a bore ."]
TEXTS, LABELS = GOOD + BAD, ["good"] * 4 + ["bad"] * 4
KOREAN = ["정말 재미있어요", "재미있네", "너무 지루해요", "지루하고 나쁘다"]


def test_importing_the_metrics_imports_neither_scikit_learn_nor_scipy() -> None:
    code = (
        "import sys, seqkit.metrics, seqkit.metrics.baselines;"
        "assert not {'sklearn', 'scipy'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_majority_class() -> None:
    majority = MajorityClass.fit(["b", "a", "a", "b", "c"])
    assert majority.predict(["x", "y"]) == ["b", "b"]
    assert majority.predict([]) == []
    with pytest.raises(ValueError, match="at least one"):
        MajorityClass.fit([])


@pytest.mark.parametrize("analyzer", ["words", "characters"])
def test_tfidf_learns_and_repeats_itself(analyzer: str) -> None:
    first, again = (TfidfClassifier.fit(TEXTS, LABELS, analyzer=analyzer) for _ in range(2))
    assert first.labels == ("bad", "good")
    assert first.predict(TEXTS) == LABELS
    assert first.predict(["fine", "a bore"]) == ["good", "bad"]
    np.testing.assert_array_equal(first.probabilities(TEXTS), again.probabilities(TEXTS))
    np.testing.assert_allclose(first.probabilities(["", "joy"]).sum(axis=1), 1)


def test_characters_find_korean_stems() -> None:
    model = TfidfClassifier.fit(KOREAN, ["1", "1", "0", "0"], analyzer="characters")
    assert model.predict(["재미있다고", "지루했다"]) == ["1", "0"]


def test_tfidf_with_three_labels() -> None:
    model = TfidfClassifier.fit(["x x", "y y", "z z"] * 3, ["c", "a", "b"] * 3)
    assert model.predict(["z", "x", "y"]) == ["b", "c", "a"]
    assert model.probabilities([]).shape == (0, 3)
    assert model.predict([]) == []


@pytest.mark.parametrize(
    ("texts", "labels"),
    [(["a", "b"], ["x", "x"]), (["", " "], ["x", "y"])],
    ids=["one label", "empty"],
)
def test_tfidf_falls_back_to_the_majority_class(texts: list[str], labels: list[str]) -> None:
    model = TfidfClassifier.fit(texts, labels)
    assert model.predict(["anything", ""]) == ["x", "x"]
    np.testing.assert_array_equal(model.probabilities(["", ""])[:, 0], [1, 1])


def test_tfidf_refuses_what_does_not_fit() -> None:
    with pytest.raises(ValueError, match="2 texts, 1 labels"):
        TfidfClassifier.fit(["a", "b"], ["x"])
    with pytest.raises(ValueError, match="at least one"):
        TfidfClassifier.fit([], [])


SENTENCES = [["the", "dogs", "run"], ["the", "cats", "run"], ["a", "run"], ["Paris", "sleeping"]]
TAGS = [["DET", "NOUN", "VERB"], ["DET", "NOUN", "VERB"], ["DET", "NOUN"], ["PROPN", "VERB"]]


def test_each_word_has_its_commonest_tag() -> None:
    model = CommonestTag.fit(SENTENCES, TAGS)
    assert model.predict([["a", "run"], []]) == [["DET", "VERB"], []]


def test_unseen_words_are_tagged_by_ending_and_capital() -> None:
    model = CommonestTag.fit(SENTENCES, TAGS)
    assert [model.tag(word) for word in ("barking", "birds", "Xyz")] == ["VERB", "NOUN", "PROPN"]
    assert model.tag("") == model.tag("q") == "DET"
    assert model.tag("42") == model.overall


def test_unseen_words_can_have_the_commonest_tag_of_all() -> None:
    model = CommonestTag.fit(SENTENCES, TAGS, unseen="overall")
    assert [model.tag(word) for word in ("barking", "birds")] == [model.overall] * 2


def test_ties_go_to_the_commoner_tag() -> None:
    model = CommonestTag.fit([["x", "x", "y"]], [["A", "B", "B"]])
    assert model.tag("x") == "B"


def test_tags_must_fit_the_words() -> None:
    with pytest.raises(ValueError, match="at least one"):
        CommonestTag.fit([], [])
    with pytest.raises(ValueError, match="zip"):
        CommonestTag.fit([["a"]], [["X", "Y"]])


@pytest.mark.parametrize("method", ["logistic regression", "nearest centroid", "nearest neighbour"])
def test_vectors_are_told_apart(method: str) -> None:
    vectors = np.array([[0.0, 1.0], [0.2, 0.8], [5.0, 1.0], [5.5, 0.9]])
    fitted = VectorClassifier.fit(vectors, ["낮음", "낮음", "높음", "높음"], method=method)
    assert fitted.predict(np.array([[6.0, 1.0], [0.1, 1.0]])) == ["높음", "낮음"]
    assert fitted.predict(np.empty((0, 2))) == []
    with pytest.raises(ValueError, match="inconsistent"):
        VectorClassifier.fit(vectors, ["a", "b"], method=method)


def test_the_nearest_text_shares_the_most_with_what_is_asked() -> None:
    found = NearestText.fit(["the cat sat", "한국어 문장", "the dog ran", "the dog ran"])
    asked = ["a cat sat down", "한국어로 쓴 문장", "dogs ran", ""]
    assert found.find(asked).tolist()[:3] == [0, 1, 2]
    assert found.find([]).tolist() == []


def test_the_nearest_text_of_many_is_found_block_by_block(monkeypatch: Any) -> None:
    texts = [f"number {n}" for n in range(50)]
    whole = NearestText.fit(texts).find(texts).tolist()
    monkeypatch.setattr(nearest, "BLOCK", 7)
    monkeypatch.setattr(nearest, "QUERIES", 3)
    assert NearestText.fit(texts).find(texts).tolist() == whole == list(range(50))


def test_the_nearest_text_is_the_first_of_its_copies_in_any_batch(monkeypatch: Any) -> None:
    draw = Random(0)
    base = ["".join(draw.choices("abcdefg 가나다", k=draw.randint(3, 25))) for _ in range(200)]
    texts = [draw.choice(base) for _ in range(777)]
    asked = sorted(set(texts))
    first = [texts.index(text) for text in asked]
    fitted = NearestText.fit(texts)
    for block in (100, 4096):
        monkeypatch.setattr(nearest, "BLOCK", block)
        assert fitted.find(asked).tolist() == first
        assert [int(fitted.find([text])[0]) for text in asked] == first


def test_the_nearest_text_wants_texts() -> None:
    with pytest.raises(ValueError, match="at least one training text"):
        NearestText.fit([])
    assert NearestText.fit([""]).find(["a"]).tolist() == [0]
