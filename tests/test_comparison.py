"""Two models on the same items: what is ranked, what is refused and why, where they part."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seqkit.comparison import ModelComparison, compare, compare_on
from seqkit.errors import UserError
from seqkit.inspection import Answered
from seqkit.metrics import paired_bootstrap
from tests.cli.toy import Example, Prediction, ToyConfig, ToyModel, ToyTask
from tests.tasks.language_models import tiny_model
from tests.tasks.test_sentiment import small_model
from tests.test_inspection import trained_model

GOLD = ("yes", "no", "yes", "no", "yes", "yes")


def toy(
    *labels: str, gold: tuple[str, ...] = GOLD, name: str = "toy", text: str = "text"
) -> Answered:
    """The predicted label of each text, all with the same probability."""
    model = ToyModel([], np.random.default_rng(0))
    examples = [Example(f"{text} {number}", label) for number, label in enumerate(gold, 1)]
    predictions = [Prediction(label, 0.75) for label in labels]
    trained = trained_model(ToyTask(ToyConfig()), model, name)
    return Answered(trained, examples, predictions, model.score(examples, predictions))


BETTER = toy("yes", "no", "yes", "no", "yes", "no")
WORSE = toy("no", "no", "no", "no", "no", "yes")


def test_both_scores_the_difference_and_who_is_better_where():
    found = compare(BETTER, WORSE)
    (accuracy,) = found.measures
    assert (accuracy.a.value, accuracy.b.value) == (pytest.approx(5 / 6), pytest.approx(3 / 6))
    again = paired_bootstrap(
        BETTER.scoring.statistics,
        WORSE.scoring.statistics,
        BETTER.scoring.headline,
        rng=np.random.default_rng(0),
    )
    assert accuracy.comparison == again
    assert accuracy.comparison.difference == pytest.approx(2 / 6)
    assert accuracy.comparison.wins > 0.5
    assert accuracy.a.interval is not None
    assert (found.items, found.a_better, found.b_better) == (6, 3, 1)
    assert [(p.a.number, p.a.predicted, p.b.predicted) for p in found.parted] == [
        (1, "yes", "no"),
        (3, "yes", "no"),
        (5, "yes", "no"),
        (6, "no", "yes"),
    ]


def test_the_items_are_bounded_and_swapping_the_models_changes_the_sign_alone():
    found, swapped = compare(BETTER, WORSE, items=2), compare(WORSE, BETTER, items=2)
    assert len(found.parted) == len(swapped.parted) == 2
    assert swapped.measures[0].comparison.difference == -found.measures[0].comparison.difference
    assert (swapped.a_better, swapped.b_better) == (found.b_better, found.a_better)


def test_equal_models_part_nowhere():
    found = compare(BETTER, BETTER)
    assert (found.a_better, found.b_better, found.parted) == (0, 0, ())
    assert found.measures[0].comparison.wins == 0.5


def test_a_comparison_is_plain_json():
    document = json.loads(json.dumps(compare(BETTER, WORSE).to_json()))
    assert document["measures"][0]["name"] == "accuracy"
    assert document["measures"][0]["interval"]["level"] == 0.95
    assert document["parted"][0]["b"]["mistakes"][0]["predicted"] == "no"
    assert document["refused"] == []


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        (toy(*GOLD, name="tones"), "first is a model of the task 'toy', the second of 'tones'"),
        (toy(*GOLD[:5], gold=GOLD[:5]), "first reads 6 items from the data, the second 5"),
        (
            toy(*GOLD, text="word"),
            "the text of item 1 is 'text 1' to the first and 'word 1' to the",
        ),
        (
            toy(*GOLD, gold=("yes", "yes", *GOLD[2:])),
            "the gold answer of item 2 is 'no' to the fir",
        ),
    ],
)
def test_models_of_other_tasks_or_on_other_items_are_refused(other: Answered, reason: str):
    with pytest.raises(UserError, match=f"cannot be compared: .*{reason}"):
        compare(BETTER, other)


# --- language models -----------------------------------------------------------------------------

LINES = ("the cat sat", "a cake", "the cake sat")


def language_model(
    train: tuple[str, ...] = LINES, seed: int = 0, lines: tuple[str, ...] = LINES, **options: Any
) -> Answered:
    task, model, _ = tiny_model(train, seed=seed, **options)
    examples = task.examples(lines)
    predictions = model.predict(examples)
    trained = trained_model(task, model, "language-modelling")
    return Answered(trained, examples, predictions, model.score(examples, predictions))


def names(found: ModelComparison) -> list[str]:
    return [measure.a.name for measure in found.measures]


def test_perplexities_over_one_vocabulary_are_ranked():
    found = compare(language_model(), language_model(seed=5))
    assert names(found) == [
        "perplexity", "perplexity without unknown words", "bits per character",
    ]  # fmt: skip
    assert found.a_better + found.b_better == 3
    better = found.a_better > found.b_better
    assert (found.measures[0].comparison.difference < 0) == better


def test_perplexities_over_two_vocabularies_are_refused_and_the_bits_are_ranked():
    found = compare(language_model(), language_model((*LINES, "a dog")))
    assert names(found) == ["bits per character"]
    (refusal,) = found.refused
    assert refusal.measures == ("perplexity", "perplexity without unknown words")
    assert "words, a vocabulary of 7 (" in refusal.reason
    assert "a better value need not mean a better model" in refusal.reason
    assert found.a_better + found.b_better == 3


def test_words_and_characters_are_ranked_by_bits_where_nothing_is_unknown():
    found = compare(language_model(), language_model(tokenizer="characters"))
    assert names(found) == ["bits per character"]


CAPITALS = ("The cat SAT", "A cake")


def test_small_letters_are_an_easier_text_and_not_ranked_against_capitals():
    cased = language_model(CAPITALS, lines=CAPITALS, tokenizer="characters")
    small = language_model(CAPITALS, lines=CAPITALS, tokenizer="characters", lowercase=True)
    with pytest.raises(UserError, match="bits per character: cannot be ranked") as caught:
        compare(cased, small)
    bits, _ = map(str, caught.value.problems)
    assert "the second's on the text in small letters, nothing in it unknown" in bits
    again = language_model(CAPITALS, lines=CAPITALS, lowercase=True)
    assert names(compare(small, again)) == ["bits per character"]


def test_small_letters_are_the_whole_of_a_text_without_capitals():
    small = language_model(tokenizer="characters", lowercase=True)
    assert "bits per character" in names(compare(language_model(tokenizer="characters"), small))


def test_words_are_not_ranked_against_characters_where_their_spaces_cannot_be_told():
    spaced = ("the  cat sat", "a cake")
    words, characters = (
        language_model(spaced, lines=spaced, tokenizer=tokenizer)
        for tokenizer in ("words", "characters")
    )
    with pytest.raises(UserError, match="without the white space that 'words' leaves out"):
        compare(words, characters)
    assert "bits per character" in names(compare(words, words))


def test_nothing_is_ranked_where_words_are_unknown():
    with pytest.raises(UserError) as caught:
        compare(language_model(), language_model(("the cat", "a dog")))
    perplexities, bits = map(str, caught.value.problems)
    assert perplexities.startswith("perplexity, perplexity without unknown words: cannot be ranked")
    assert bits.startswith("bits per character: cannot be ranked: the first model's is measured on")
    assert "the whole text, nothing in it unknown, the second's on words, a vocabulary of" in bits


# --- classifiers ---------------------------------------------------------------------------------


def classifier(labels: list[str]) -> Any:
    task, model, _ = small_model(["good film", "bad film", "so so"][: len(labels)], labels)
    return trained_model(task, model, "sentiment")


def test_classifiers_of_other_labels_are_compared_and_what_one_lacks_is_said(tmp_path: Path):
    path = tmp_path / "data.tsv"
    path.write_text("label\ttext\ngood\ta film\nbad\tdull\neven\tso so\n", encoding="utf-8")
    found = compare_on(path, classifier(["good", "bad"]), classifier(["good", "bad", "even"]))
    (notice,) = found.notices
    assert notice.startswith("the first model: gold labels that training did not have")
    assert notice.endswith("which count as wrong: even")
    assert {"accuracy", "macro F1"} <= set(names(found))
    assert found.items == 3


def test_a_label_that_neither_has_learnt_is_compared_without_a_warning(tmp_path: Path):
    path = tmp_path / "data.tsv"
    path.write_text("label\ttext\ngood\ta film\nbad\tdull\neven\tso so\n", encoding="utf-8")
    both = classifier(["good", "bad"]), classifier(["good", "bad"])
    found = compare_on(path, *both)
    assert len(found.notices) == 2
    assert all(notice.endswith("which count as wrong: even") for notice in found.notices)
    assert found.measures[0].comparison.difference == 0.0


def test_labels_that_do_not_occur_are_no_notice(tmp_path: Path):
    path = tmp_path / "data.tsv"
    path.write_text("label\ttext\ngood\ta film\nbad\tdull\n", encoding="utf-8")
    found = compare_on(path, classifier(["good", "bad"]), classifier(["good", "bad", "even"]))
    assert found.notices == ()
