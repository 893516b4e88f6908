"""The worst items of a model, for the built-in tasks and for a task that says nothing of it."""

import json
import math
import unicodedata
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from seqkit.errors import UserError
from seqkit.inspection import Answered, Item, answer_gold, marked_parts, worst_items
from seqkit.label_model import LabelPrediction
from seqkit.loading import TrainedModel
from seqkit.metrics.measures import Measure, Scoring, ratio
from seqkit.tasks import Mistake
from seqkit_tasks.pos_tagging.examples import TaggedWords, TagPrediction
from tests.cli.toy import Example, Prediction, ToyConfig, ToyModel, ToyTask
from tests.tasks import language_models, pos_tagging
from tests.tasks.test_sentiment import small_model


def trained_model(task: Any, model: Any, name: str = "toy") -> TrainedModel:
    spec: Any = SimpleNamespace(name=name)
    manifest: Any = SimpleNamespace(metadata={})
    return TrainedModel(spec, task, model, manifest)


def answered(task: Any, model: Any, examples: Any, predictions: Any) -> Answered:
    scoring = model.score(examples, predictions)
    return Answered(trained_model(task, model), examples, predictions, scoring)


def toy(*pairs: tuple[str, Prediction]) -> Answered:
    """Gold label and prediction of each text "text <number>"."""
    model = ToyModel(["text"], np.random.default_rng(0))
    examples = [Example(f"text {number}", gold) for number, (gold, _) in enumerate(pairs, 1)]
    return answered(ToyTask(ToyConfig()), model, examples, [prediction for _, prediction in pairs])


# --- what every task gets ------------------------------------------------------------------------


def test_wrong_items_only_and_the_more_confident_first():
    found = worst_items(
        toy(
            ("yes", Prediction("yes", 0.6)),
            ("yes", Prediction("no", 0.7)),
            ("no", Prediction("yes", 0.9)),
            ("yes", Prediction("no", 0.7)),
        ),
        10,
    )
    assert [item.number for item in found] == [3, 2, 4]
    assert found[0] == Item(3, "text 3", 0.0, "no", "yes", (Mistake("", "no", "yes", 0.9),), ("3",))


def test_a_bound_keeps_the_worst():
    some = toy(*(("yes", Prediction("no", confidence)) for confidence in (0.6, 0.9, 0.7, 0.8)))
    assert [item.number for item in worst_items(some, 2)] == [2, 4]
    assert worst_items(some, 0) == []


def test_a_task_without_gold_predictions_is_sorted_by_its_headline(monkeypatch):
    monkeypatch.setattr(ToyTask, "gold", lambda self, example: None)
    found = worst_items(toy(("yes", Prediction("yes", 1)), ("yes", Prediction("no", 1))), 2)
    assert [(item.number, item.gold, item.predicted) for item in found] == [
        (2, None, "no"),
        (1, None, "yes"),
    ]
    assert all(item.mistakes == () for item in found)


def test_an_undefined_score_is_the_least_bad():
    one = toy(*[("yes", Prediction("no", 0.5))] * 3)
    statistics = np.array([[0.0, 0.0], [0.5, 1.0], [0.0, 1.0]])
    measure = Measure("accuracy", lambda sums: ratio(sums[..., 0], sums[..., 1]))
    one.trained.model.score = lambda *_: Scoring(statistics, (measure,))
    found = worst_items(one, 3)
    assert [item.number for item in found] == [3, 2, 1]
    assert math.isnan(found[-1].loss)
    assert json.loads(json.dumps(found[-1].to_json()))["loss"] is None


def test_no_examples_are_the_users_mistake(tmp_path: Path):
    (tmp_path / "none.tsv").write_text("")
    model = trained_model(ToyTask(ToyConfig()), ToyModel([], np.random.default_rng(0)))
    with pytest.raises(UserError, match="no examples in it"):
        answer_gold(model, tmp_path / "none.tsv")


def test_gold_data_is_read_answered_and_scored_as_by_evaluate(tmp_path: Path):
    (tmp_path / "few.tsv").write_text("yes\tfine\nno\tbad\nyes\tbad\n", encoding="utf-8")
    model = trained_model(ToyTask(ToyConfig()), ToyModel(["bad", "fine"], np.random.default_rng(0)))
    found = answer_gold(model, tmp_path / "few.tsv")
    assert found.evaluation() == model.evaluate(tmp_path / "few.tsv")
    assert len(found.predictions) == 3


# --- the built-in tasks --------------------------------------------------------------------------


def test_sentiment_goes_by_the_probability_of_the_gold_label():
    task, model, _ = small_model(["good film", "bad film"], ["good", "bad"])
    examples = task.examples(["good film", "a film", "bad", "new"], ["bad", "bad", "bad", "odd"])
    given = [("good", 0.9), ("good", 0.6), ("bad", 0.8), ("bad", 0.7)]
    predictions = [
        LabelPrediction(label, p, {label: p, "good" if label == "bad" else "bad": 1 - p})
        for label, p in given
    ]
    found = worst_items(answered(task, model, examples, predictions), 9)
    assert [item.number for item in found] == [4, 1, 2]
    assert [item.loss for item in found] == pytest.approx(
        [math.inf, -math.log(0.1), -math.log(0.4)]
    )
    assert found[0].mistakes == (Mistake("", "odd", "bad", 0.7, None),)
    assert found[1].mistakes == (Mistake("", "bad", "good", 0.9, pytest.approx(0.1)),)
    assert found[2].unknown == ("a",)
    assert found[0].to_json()["loss"] == "inf"


def test_gold_labels_that_a_classifier_has_not_learnt_are_named(tmp_path: Path):
    task, model, _ = small_model(["good film", "bad film"], ["good", "bad"])
    path = tmp_path / "data.tsv"
    path.write_text("label\ttext\npositive\tfine\nnegative\tdull\nbad\tso so\n", "utf-8")
    said = answer_gold(trained_model(task, model), path).notices()
    named = "gold labels that training did not have, which count as wrong: negative, positive"
    assert said == (named,)


def test_gold_tags_that_a_tagger_has_not_learnt_are_named():
    task, model = pos_tagging.task(), pos_tagging.model()
    examples = pos_tagging.train_examples()
    strange = [TaggedWords(examples[0].words, ("strange",) * len(examples[0].words))]
    found = answered(task, model, strange, model.predict(strange)).notices()
    assert found[0].endswith("which count as wrong: strange")
    assert not answered(task, model, examples, model.predict(examples)).notices()


def test_tagging_goes_by_the_confidence_of_wrong_tags_and_names_the_words():
    task, model = pos_tagging.task(), pos_tagging.model()
    known = pos_tagging.train_examples()[0].words[0]
    examples = [
        TaggedWords((known, "zzz", known), ("A", "B", "A")),
        TaggedWords((known,), ("A",)),
        TaggedWords((known,), ("A",)),
        TaggedWords((), ()),
    ]
    predictions = [
        TagPrediction(examples[0].words, ("C", "C", "A"), (0.3, 0.5, 0.9)),
        TagPrediction(examples[1].words, ("B",), (0.9,)),
        TagPrediction(examples[2].words, ("A",), (0.9,)),
        TagPrediction((), (), ()),
    ]
    found = worst_items(answered(task, model, examples, predictions), 9)
    assert [(item.number, item.loss) for item in found] == [(2, 0.9), (1, 0.8)]
    assert found[1].mistakes == (Mistake("zzz", "B", "C", 0.5), Mistake(known, "A", "C", 0.3))
    assert found[1].unknown == ("zzz",)


def test_language_modelling_goes_by_the_line_and_names_the_least_probable_tokens():
    task, model, lines = language_models.tiny_model()
    lines = [*lines, *task.examples(["a 두부 cake"])]
    predictions = model.predict(lines)
    one = answered(task, model, lines, predictions)
    found = worst_items(one, 2)
    assert found[0].loss == max(line.perplexity for line in predictions if line.tokens)
    worst = predictions[found[0].number - 1]
    assert found[0].gold is None
    assert found[0].predicted is None
    assert math.log(found[0].mistakes[0].gold_probability or 0) == pytest.approx(
        min(worst.log_probabilities)
    )
    assert one.unknown(len(lines) - 1) == ("두부",)


# --- marking -------------------------------------------------------------------------------------

DECOMPOSED = unicodedata.normalize("NFD", "재미없다")


@pytest.mark.parametrize(
    ("text", "tokens", "shown"),
    [
        ("the cat and catfish", ["cat"], "the [cat] and catfish"),
        ("catfish, cat", ["cat"], "catfish, [cat]"),
        ("a cat, a cat", ["cat", "cat"], "a [cat], a [cat]"),
        ("Große Katze", ["große"], "[Große] Katze"),
        ("정말 재미없다", ["재미없다"], "정말 [재미없다]"),
        ("값", ["ㄱ", "ㅏ"], "값"),
        (f"정말 {DECOMPOSED}", ["재미없다"], f"정말 [{DECOMPOSED}]"),
        ("KÖTÜ İZMİR, ΛΌΓΟΣ", ["i̇zmi̇r", "λόγος"], "KÖTÜ [İZMİR], [ΛΌΓΟΣ]"),
        ("👍🏽👍", ["👍"], "👍🏽[👍]"),
        ("abc", ["b"], "a[b]c"),
        ("wait ...", ["..."], "wait [...]"),
        ("x", [""], "x"),
        ("", ["x"], ""),
    ],
)
def test_unknown_tokens_are_marked_where_they_stand(text: str, tokens: list[str], shown: str):
    parts = list(marked_parts(text, tokens))
    assert "".join(part for part, _ in parts) == text
    assert "".join(f"[{part}]" if unknown else part for part, unknown in parts) == shown
