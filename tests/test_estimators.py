import copy
import subprocess
import sys
import types
import unicodedata
from dataclasses import replace
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
from sklearn.base import clone, is_classifier
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer

import seqkit
from seqkit.errors import UserError
from seqkit.estimators import estimator
from seqkit.metrics import Measure
from seqkit.plugin_loading import builtin_sources
from seqkit.plugins import PluginHost, PluginSource
from seqkit_tasks.sentiment.model import SentimentModel
from tests.testing import moods_plugin

SMALL: dict[str, Any] = {
    "embedding": 6,
    "units": 5,
    "epochs": 4,
    "batch_size": 4,
    "learning_rate": 0.03,
    "dropout": 0.0,
}
NOUNS = ["film", "story", "plot", "music", "scene", "actor", "end", "song", "joke", "voice"]
NOUNS += ["light", "sound"]
TEXTS = [f"{word} {noun}" for noun in NOUNS for word in ("good", "dull")]
LABELS = ["yes", "no"] * len(NOUNS)


def sentiment(**options: Any) -> Any:
    return estimator("sentiment", **(SMALL | options))


@pytest.fixture(scope="module")
def fitted() -> Any:
    return sentiment().fit(TEXTS, LABELS)


# --- the score ------------------------------------------------------------------------------------


def test_the_score_of_a_classifier_is_the_headline_of_its_task(
    fitted: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    score = SentimentModel.score

    def loss_first(self: SentimentModel, *arguments: Any) -> Any:
        found = score(self, *arguments)
        wrong = Measure(
            "error", lambda sums: 1 - found.headline.compute(sums), higher_is_better=False
        )
        return replace(found, measures=(wrong, *found.measures))

    monkeypatch.setattr(SentimentModel, "score", loss_first)
    labels = [*LABELS[:6], *reversed(LABELS[6:])]
    assert fitted.score(TEXTS, labels) == pytest.approx(-18 / 24)


# --- parameters -----------------------------------------------------------------------------------


def test_the_options_of_the_task_are_the_parameters() -> None:
    parameters = sentiment(pooling="max,mean", seed=3).get_params()
    spec = seqkit.plugins.default_host().find_task("sentiment")
    assert parameters.keys() == {*spec.config.__dataclass_fields__, "seed", "threads"}
    assert (parameters["units"], parameters["pooling"], parameters["seed"]) == (5, "max,mean", 3)
    assert parameters["layers"] == spec.config().layers


def test_parameters_can_be_changed() -> None:
    model = sentiment().set_params(units=7, seed=2)
    assert (model.units, model.seed) == (7, 2)
    with pytest.raises(ValueError, match="Invalid parameter 'unit'"):
        model.set_params(unit=7)


def test_a_clone_has_the_parameters_and_none_of_the_weights(fitted: Any) -> None:
    copied = clone(fitted)
    assert copied.get_params() == fitted.get_params()
    assert type(copied) is type(fitted)
    assert not hasattr(copied, "model_")


def test_it_shows_what_was_changed() -> None:
    shown = repr(estimator("sentiment", units=5))
    assert shown == "SentimentEstimator(units=5)"


def test_an_unknown_option_is_refused_with_the_nearest() -> None:
    with pytest.raises(UserError, match="unit: no such option; did you mean 'units'"):
        estimator("sentiment", unit=5)


def test_all_wrong_values_are_refused_at_once() -> None:
    with pytest.raises(UserError) as caught:
        estimator("sentiment", units=0, pooling="las")
    assert len(caught.value.problems) == 2


def test_a_wrong_value_that_was_set_later_is_refused_by_fit() -> None:
    with pytest.raises(UserError, match="units: found 0"):
        sentiment().set_params(units=0).fit(TEXTS, LABELS)


def test_a_seed_that_cannot_be_used_is_refused_at_once_and_by_fit() -> None:
    with pytest.raises(UserError, match="seed: found -1"):
        sentiment(seed=-1)
    with pytest.raises(UserError, match=r"seed: found 1\.5"):
        sentiment().set_params(seed=1.5).fit(TEXTS, LABELS)


def test_an_unknown_task_is_refused_with_the_nearest() -> None:
    with pytest.raises(UserError, match="did you mean 'sentiment'"):
        estimator("sentimant")


def test_an_alias_will_do() -> None:
    assert type(estimator("pos")) is type(estimator("pos-tagging"))


# --- a classifier ---------------------------------------------------------------------------------


def test_it_learns_and_predicts(fitted: Any) -> None:
    assert is_classifier(fitted)
    assert fitted.score(TEXTS, LABELS) == 1.0
    assert fitted.predict(["a good film", "a dull film"]).tolist() == ["yes", "no"]
    assert fitted.classes_.tolist() == ["no", "yes"]
    assert fitted.best_epoch_ >= 1


@pytest.mark.parametrize(
    "labels",
    [[1, 0], [10, 9], [-1, 1], [True, False], [1.5, -2.0], ["yes", "no"], ["예", "아니요"]],
    ids=str,
)
def test_labels_come_back_as_they_were_given(labels: list[Any]) -> None:
    given = np.array(labels * len(NOUNS))
    model = sentiment(epochs=1).fit(TEXTS, given)
    predicted = model.predict(TEXTS[:4])
    assert predicted.dtype == given.dtype
    assert set(predicted.tolist()) <= set(labels)
    assert model.classes_.tolist() == sorted(labels)
    assert model.predict([]).dtype == given.dtype


def test_labels_in_decomposed_letters_come_back_so_and_are_scored_against_any_form() -> None:
    labels = ["긍정", "부정"] * len(NOUNS)
    decomposed = [unicodedata.normalize("NFD", label) for label in labels]
    model = sentiment().fit(TEXTS, decomposed)
    assert model.predict(TEXTS).tolist() == decomposed
    assert model.score(TEXTS, labels) == model.score(TEXTS, decomposed) == 1.0
    assert model.predict_proba(TEXTS).sum(axis=1) == pytest.approx(1.0)


def test_a_label_in_two_unicode_forms_is_one_class() -> None:
    decomposed = unicodedata.normalize("NFD", "긍정")
    model = sentiment(epochs=1).fit(TEXTS, [decomposed, "부정", "긍정", "부정"] * (len(NOUNS) // 2))
    assert model.classes_.tolist() == ["긍정", "부정"]


def test_labels_in_a_list_of_python_values_come_back_too() -> None:
    model = sentiment().fit(TEXTS, [1, 0] * len(NOUNS))
    assert model.predict(["a good film", "a dull film"]).tolist() == [1, 0]


@pytest.mark.parametrize("labels", [[0, 0.5], [True, 2], [1.0, np.int64(0)]], ids=str)
def test_numbers_of_several_types_are_labels_of_one(labels: list[Any]) -> None:
    model = sentiment().fit(TEXTS, labels * len(NOUNS))
    assert model.predict(TEXTS).tolist() == labels * len(NOUNS)
    assert model.predict_proba(TEXTS).shape == (len(TEXTS), 2)


@pytest.mark.parametrize("given", [int, float, bool], ids=str)
@pytest.mark.parametrize("scored", [int, float, bool, np.int8], ids=str)
def test_a_number_is_the_label_that_it_equals(given: type, scored: type) -> None:
    answers = np.array([1, 0] * len(NOUNS))
    model = sentiment().fit(TEXTS, answers.astype(given))
    assert model.score(TEXTS, answers.astype(scored)) == 1.0
    assert model.score(TEXTS, answers.astype(scored).tolist()) == 1.0


@pytest.mark.parametrize("labels", [[10, 9], ["yes", "no"]], ids=str)
def test_probabilities_are_in_the_order_of_classes(labels: list[Any]) -> None:
    # As text 10 comes before 9, as a number after it.
    model = sentiment().fit(TEXTS, labels * len(NOUNS))
    probabilities = model.predict_proba(TEXTS)
    assert probabilities.shape == (len(TEXTS), 2)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1.0)
    assert model.classes_[probabilities.argmax(axis=1)].tolist() == model.predict(TEXTS).tolist()


def test_a_label_that_only_the_held_out_part_had_has_probability_zero() -> None:
    # The text has another label, too, and equal texts stay together.
    texts, labels = [*TEXTS, TEXTS[0]], [*LABELS, "rare"]
    for seed in range(60):
        model = sentiment(epochs=0, seed=seed).fit(texts, labels)
        if "rare" not in model.model_.labels:
            break
    assert model.classes_.tolist() == ["no", "rare", "yes"]
    probabilities = model.predict_proba(TEXTS[:3])
    assert probabilities[:, 1].tolist() == [0.0, 0.0, 0.0]
    np.testing.assert_allclose(probabilities.sum(axis=1), 1.0)


def test_a_rare_label_is_trained_on_whatever_the_seed() -> None:
    labels = [*LABELS[:-1], "rare"]
    for seed in range(30):
        model = sentiment(epochs=0, seed=seed).fit(TEXTS, labels)
        assert model.model_.labels == ("no", "rare", "yes")


def test_the_same_seed_gives_the_same_model(fitted: Any) -> None:
    again = clone(fitted).fit(TEXTS, LABELS)
    assert np.array_equal(again.predict_proba(TEXTS), fitted.predict_proba(TEXTS))
    other = clone(fitted).set_params(seed=1).fit(TEXTS, LABELS)
    assert not np.array_equal(other.predict_proba(TEXTS), fitted.predict_proba(TEXTS))


def test_the_number_of_threads_changes_nothing(fitted: Any) -> None:
    for threads in (1, 2):
        again = clone(fitted).set_params(threads=threads).fit(TEXTS, LABELS)
        assert np.array_equal(again.predict_proba(TEXTS), fitted.predict_proba(TEXTS))


def test_epochs_are_compared_on_as_many_examples_as_the_options_allow(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[int] = []
    scored = SentimentModel.validate

    def validate(self: SentimentModel, dev: Any) -> Any:
        seen.append(len(dev))
        return scored(self, dev)

    monkeypatch.setattr(SentimentModel, "validate", validate)
    sentiment(validation_examples=1, epochs=2).fit(TEXTS, LABELS)
    assert seen == [1, 1]


def test_fitting_again_forgets_what_was_learnt(fitted: Any) -> None:
    model = sentiment(epochs=1).fit(["old", "worn", "used", "new"], ["a", "b"] * 2)
    model.set_params(**fitted.get_params()).fit(TEXTS, LABELS)
    assert np.array_equal(model.predict_proba(TEXTS), fitted.predict_proba(TEXTS))


@pytest.mark.parametrize("method", ["predict", "predict_proba", "score"])
def test_before_fit_it_says_so(method: str) -> None:
    with pytest.raises(NotFittedError):
        getattr(sentiment(), method)(TEXTS, *([LABELS] if method == "score" else []))


def test_one_label_only_is_refused() -> None:
    with pytest.raises(UserError, match="only the label 'yes'"):
        sentiment().fit(TEXTS, ["yes"] * len(TEXTS))


def test_another_number_of_labels_than_texts_is_refused() -> None:
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        sentiment().fit(TEXTS, LABELS[:-1])


def test_one_string_is_refused_where_a_list_is_wanted(fitted: Any) -> None:
    for call in (fitted.predict, fitted.predict_proba, clone(fitted).fit):
        with pytest.raises(TypeError, match="found one string"):
            call("a good film")


# --- help, logarithms, saving ---------------------------------------------------------------------


def test_help_says_what_is_held_out_and_what_score_means() -> None:
    text = sentiment().__doc__
    assert "a tenth is held out and chooses the epoch" in text
    assert "negated where lower is better" in text


def test_help_explains_every_parameter() -> None:
    text = sentiment().__doc__
    for name in sentiment().get_params():
        assert f"\n    {name}: " in text


def test_help_names_the_classes_of_a_classifier_only() -> None:
    assert "classes_" in sentiment().__doc__
    assert "classes_" not in estimator("pos-tagging").__doc__


def test_log_probabilities_are_the_logarithms(fitted: Any) -> None:
    logarithms = fitted.predict_log_proba(TEXTS)
    np.testing.assert_allclose(np.exp(logarithms), fitted.predict_proba(TEXTS))


def test_a_saved_estimator_is_loaded_as_a_model(fitted: Any, tmp_path: Path) -> None:
    fitted.save(tmp_path / "mine")
    model = seqkit.load(tmp_path / "mine")
    assert [answer.label for answer in model.predict(TEXTS)] == fitted.predict(TEXTS).tolist()
    assert np.array_equal(model.predict_proba(TEXTS), fitted.predict_proba(TEXTS))
    assert model.metadata == {"seed": 0, "best_epoch": fitted.best_epoch_}


@pytest.mark.parametrize("given", [int, float, bool, str], ids=str)
@pytest.mark.parametrize("scored", [int, float, bool, np.int8], ids=str)
def test_a_number_is_the_label_that_it_equals_in_a_loaded_model_too(
    given: type, scored: type, tmp_path: Path
) -> None:
    answers = np.array([1, 0] * len(NOUNS))
    path = sentiment().fit(TEXTS, answers.astype(given)).save(tmp_path / "mine")
    found = seqkit.load(path).evaluate(TEXTS, answers.astype(scored), resamples=0)
    assert found.headline.value == 1.0


def test_a_saved_estimator_tells_the_seed_that_it_was_fitted_with(tmp_path: Path) -> None:
    model = sentiment(epochs=1, seed=np.arange(5)[4]).fit(TEXTS, LABELS).set_params(seed=9)
    model.save(tmp_path / "mine")
    assert seqkit.load(tmp_path / "mine").metadata["seed"] == 4


def test_an_estimator_that_was_copied_to_a_file_saves_the_same(fitted: Any, tmp_path: Path) -> None:
    joblib.dump(fitted, tmp_path / "copy.joblib")
    copied = joblib.load(tmp_path / "copy.joblib").save(tmp_path / "copy")
    assert copied.read_bytes() == fitted.save(tmp_path / "first").read_bytes()


def test_an_estimator_that_was_not_fitted_is_not_saved(tmp_path: Path) -> None:
    with pytest.raises(NotFittedError):
        sentiment().save(tmp_path / "mine")
    assert not (tmp_path / "mine").exists()


# --- inside scikit-learn --------------------------------------------------------------------------


def test_cross_validation_scores_it() -> None:
    scores = cross_val_score(
        sentiment(epochs=20, patience=None), TEXTS, LABELS, cv=3, error_score="raise"
    )
    assert scores.tolist() == [1.0, 1.0, 1.0]


def test_a_grid_search_tries_its_options() -> None:
    search = GridSearchCV(sentiment(), {"pooling": ["max", "last"]}, cv=2, error_score="raise")
    search.fit(TEXTS, LABELS)
    assert search.best_params_["pooling"] in ("max", "last")
    assert [p["pooling"] for p in search.cv_results_["params"]] == ["max", "last"]
    assert search.predict(["a good film"]).tolist() == ["yes"]


def test_what_is_searched_may_come_from_arrays(tmp_path: Path) -> None:
    grid = {"learning_rate": np.logspace(-3, -1, 2), "units": np.array([4]), "seed": np.arange(1)}
    search = GridSearchCV(sentiment(epochs=1), grid, cv=2, error_score="raise")
    search.fit(TEXTS, LABELS).best_estimator_.save(tmp_path / "best")
    assert seqkit.load(tmp_path / "best").manifest.config["units"] == 4


def test_it_may_end_a_pipeline() -> None:
    loud = FunctionTransformer(lambda texts: [text.upper() for text in texts])
    model = Pipeline([("loud", loud), ("net", sentiment(lowercase=False))]).fit(TEXTS, LABELS)
    assert model.score(TEXTS, LABELS) == 1.0
    assert "GOOD" in model.named_steps["net"].model_.vocabulary
    assert model.set_params(net__units=3).named_steps["net"].units == 3


def test_arrays_of_texts_and_labels_will_do(fitted: Any) -> None:
    texts, labels = np.array(TEXTS, dtype=object), np.array(LABELS)
    model = clone(fitted).fit(texts, labels)
    assert np.array_equal(model.predict_proba(texts), fitted.predict_proba(TEXTS))


def test_a_deep_copy_predicts_the_same_and_learns_apart(fitted: Any) -> None:
    before = fitted.predict_proba(TEXTS)
    copied = copy.deepcopy(fitted)
    assert np.array_equal(copied.predict_proba(TEXTS), before)
    copied.fit(TEXTS, LABELS[::-1])
    assert np.array_equal(fitted.predict_proba(TEXTS), before)


def test_a_copy_in_another_process_predicts_the_same(fitted: Any, tmp_path: Path) -> None:
    path = tmp_path / "model.joblib"
    joblib.dump(fitted, path)
    code = "import sys, joblib; print(*joblib.load(sys.argv[1]).predict(sys.argv[2:]))"
    command = [sys.executable, "-c", code, str(path), "a good film", "a dull film"]
    outcome = subprocess.run(command, capture_output=True, check=True, text=True)
    assert outcome.stdout.split() == ["yes", "no"]


# --- other tasks ----------------------------------------------------------------------------------

SENTENCES = [["the", "dog", "sleeps"], ["a", "cat", "runs"], ["dogs", "run"], ["the", "cat"]] * 3
TAGS = [["DET", "NOUN", "VERB"], ["DET", "NOUN", "VERB"], ["NOUN", "VERB"], ["DET", "NOUN"]] * 3
TAGGER = {"embedding": 8, "units": 8, "character_embedding": 4, "character_units": 4}


def test_a_tagger_is_fitted_on_lists_of_words_and_tags() -> None:
    model = estimator("pos-tagging", **TAGGER, epochs=25, batch_size=2, learning_rate=0.03)
    model.fit(SENTENCES, TAGS)
    assert not is_classifier(model)
    assert model.predict([["the", "dog", "runs"], []]) == [["DET", "NOUN", "VERB"], []]
    assert model.score(SENTENCES, TAGS) == 1.0


def test_a_tagger_is_searched_and_cross_validated() -> None:
    model = estimator("pos-tagging", **TAGGER, epochs=1)
    search = GridSearchCV(model, {"output": ["softmax", "crf"]}, cv=2, error_score="raise")
    search.fit(SENTENCES, TAGS)
    assert search.best_params_["output"] in ("softmax", "crf")


def test_a_tagger_gives_no_probabilities_of_labels() -> None:
    model = estimator("pos-tagging", **TAGGER, epochs=0).fit(SENTENCES, TAGS)
    with pytest.raises(seqkit.errors.SeqkitError, match="gives no probabilities"):
        model.predict_proba(SENTENCES)


def test_a_language_model_is_fitted_on_lines_alone() -> None:
    model = estimator("language-modelling", units=8, epochs=20, batch_size=2, learning_rate=0.02)
    lines = ["the dog sleeps", "the cat sleeps", "a dog runs", "a cat runs"] * 5
    model.fit(lines)
    likely, unlikely = model.predict(["the cat sleeps", "sleeps cat the"])
    assert likely.log_probability > unlikely.log_probability


def test_a_language_model_scores_better_when_it_is_higher() -> None:
    model = estimator("language-modelling", units=8, epochs=20, batch_size=2, learning_rate=0.02)
    lines = ["the dog sleeps", "the cat sleeps", "a dog runs", "a cat runs"] * 5
    untrained = clone(model).set_params(epochs=0).fit(lines)
    assert untrained.score(lines) < model.fit(lines).score(lines) < 0


# --- plugins that are not installed ---------------------------------------------------------------


def moods(plugin: object = moods_plugin) -> Any:
    host = PluginHost([*builtin_sources(), PluginSource.of("moods", plugin)])
    return estimator("moods", host=host, **SMALL)


def test_a_task_of_ones_own_host_is_fitted_saved_and_copied(tmp_path: Path) -> None:
    model = moods().fit(TEXTS, LABELS)
    expected = model.predict_proba(TEXTS)
    path = model.save(tmp_path / "moods.safetensors")
    assert seqkit.load(path, host=model._host).predict(TEXTS[:1])[0].label == "yes"
    joblib.dump(model, tmp_path / "moods.joblib")
    for copied in (copy.copy(model), copy.deepcopy(model), joblib.load(tmp_path / "moods.joblib")):
        assert np.array_equal(copied.predict_proba(TEXTS), expected)
        assert clone(copied).fit(TEXTS, LABELS).score(TEXTS, LABELS) == model.score(TEXTS, LABELS)


def test_a_task_of_ones_own_host_is_searched_in_several_processes() -> None:
    options = {"units": [3, 4]}
    search = GridSearchCV(moods(), options, cv=2, n_jobs=2, error_score="raise")
    assert search.fit(TEXTS, LABELS).best_params_["units"] in (3, 4)


def test_a_plugin_that_no_other_process_can_import_is_copied_but_not_pickled(
    tmp_path: Path,
) -> None:
    at_hand = types.ModuleType("at_hand")
    at_hand.seqkit_tasks = moods_plugin.seqkit_tasks  # type: ignore[attr-defined]
    model = moods(at_hand).fit(TEXTS, LABELS)
    assert copy.deepcopy(model).score(TEXTS, LABELS) == model.score(TEXTS, LABELS)
    with pytest.raises(TypeError, match=r"at_hand.* is no module that can be imported"):
        joblib.dump(model, tmp_path / "moods.joblib")
