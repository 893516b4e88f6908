import ast
import dataclasses
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import seqkit
from seqkit.bundle import (
    MODEL_NAME,
    Manifest,
    ModelFormatError,
    PluginVersion,
    read_bundle,
    write_bundle,
)
from seqkit.errors import NotANumberError, UserError
from seqkit.loading import TrainedModel, load
from seqkit.plugins import PluginHost, PluginSource
from seqkit.runs import Run
from seqkit.sources import find_data

HOST = PluginHost.discover({"SEQKIT_DISABLE_PLUGINS": "all"})
TEXTS = ["A good film.", "", "so dull 🙂", "정말 zzz", "The shop sold me a broken phone."]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A finished run on the sample."""
    spec = HOST.find_task("sentiment")
    config = spec.config(embedding=6, units=5, epochs=1, pooling=("attention", "last"))
    files = find_data(None, spec, HOST).files
    run = Run(spec, config, data=files, output=tmp_path_factory.mktemp("run"), host=HOST)
    run.load()
    run.build()
    list(run.train())
    run.finish()
    return run


@pytest.fixture
def model(trained: Run) -> TrainedModel:
    assert trained.output is not None
    return load(trained.output, host=HOST)


def tampered(
    trained: Run, folder: Path, change: Callable[[dict[str, Any]], dict[str, Any]]
) -> Path:
    """A copy of the model file whose manifest was changed."""
    assert trained.output is not None
    manifest, arrays = read_bundle(trained.output)
    document = {**vars(manifest), **change(vars(manifest))}
    write_bundle(folder / MODEL_NAME, Manifest(**document), arrays)
    return folder


# --- using a model --------------------------------------------------------------------------------


def test_a_loaded_model_predicts_exactly_what_the_trained_one_did(
    trained: Run, model: TrainedModel
) -> None:
    examples = trained.task.examples(TEXTS)
    assert model.predict(TEXTS) == trained.model.predict(examples)
    assert np.array_equal(model.predict_proba(TEXTS), trained.model.probabilities(examples))


def test_a_model_loads_from_its_directory_or_its_file(trained: Run) -> None:
    assert trained.output is not None
    places = [trained.output, str(trained.output), trained.output / MODEL_NAME]
    first, second, third = (load(place, host=HOST).predict(TEXTS) for place in places)
    assert first == second == third


def test_the_file_alone_is_enough(trained: Run, model: TrainedModel, tmp_path: Path) -> None:
    assert trained.output is not None
    shutil.copy(trained.output / MODEL_NAME, tmp_path / "renamed.model")
    assert load(tmp_path / "renamed.model", host=HOST).predict(TEXTS) == model.predict(TEXTS)


def test_no_weights_are_drawn_that_the_file_replaces(
    trained: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("drew weights")

    monkeypatch.setattr(np.linalg, "qr", refuse)
    load(trained.output)


def test_seqkit_load_is_the_same_function(trained: Run) -> None:
    assert trained.output is not None
    assert seqkit.load(trained.output).predict(["A good film."])[0].label in trained.model.labels


def test_a_model_knows_how_it_came_about(model: TrainedModel) -> None:
    assert model.metadata["seed"] == 0
    assert model.metadata["data"] == "sentiment-en"
    assert model.metadata["best_epoch"] == 1
    assert model.metadata["validation"]["metric"] == "accuracy"


def test_a_file_is_evaluated_as_in_the_report(trained: Run, model: TrainedModel) -> None:
    assert trained.data.test is not None
    found = model.evaluate(trained.data.test)
    assert found == trained.model.evaluate(trained.task.read(trained.data.test))
    assert found == model.evaluate(str(trained.data.test))


def test_texts_and_labels_are_evaluated(model: TrainedModel) -> None:
    found = model.evaluate(["so good", "so bad"], ["positive", "negative"], resamples=0)
    assert found.counts["texts"] == 2
    assert found.headline.interval is None


def test_labels_of_which_a_model_knows_none_are_refused(model: TrainedModel) -> None:
    said = "the model knows none of the gold labels, such as '0'; .*'negative', 'positive'"
    with pytest.raises(UserError, match=said):
        model.evaluate(["so good", "so bad"], [1, 0])


def test_a_label_that_a_model_does_not_know_counts_as_wrong_beside_others(
    model: TrainedModel,
) -> None:
    found = model.evaluate(["so good"] * 2, [model.predict(["so good"])[0].label, "mixed"])
    assert found.headline.value == 0.5


def test_texts_without_labels_cannot_be_evaluated(model: TrainedModel) -> None:
    with pytest.raises(UserError, match="needs the gold label"):
        model.evaluate(["so good"])


def test_another_number_of_labels_than_texts_is_refused(model: TrainedModel) -> None:
    with pytest.raises(UserError, match="found 2 inputs and 1 gold answers"):
        model.evaluate(["so good", "so bad"], ["positive"])


def test_nothing_cannot_be_evaluated(model: TrainedModel) -> None:
    with pytest.raises(UserError, match="no examples"):
        model.evaluate([], [])


@pytest.mark.parametrize("method", ["predict", "predict_proba", "evaluate"])
def test_a_model_whose_weights_are_too_large_to_compute_with_is_refused(
    trained: Run, tmp_path: Path, method: str
) -> None:
    assert trained.output is not None
    manifest, arrays = read_bundle(trained.output)
    wild = {n: np.where(a > 0, 3e38, -3e38).astype(a.dtype) for n, a in arrays.items()}
    kept = {"temperature": arrays["temperature"]}
    write_bundle(tmp_path / MODEL_NAME, manifest, wild | kept)
    model = load(tmp_path, host=HOST)
    arguments = (TEXTS, ["positive"] * len(TEXTS)) if method == "evaluate" else (TEXTS,)
    with pytest.raises(NotANumberError) as caught:
        getattr(model, method)(*arguments)
    assert str(caught.value).startswith(f"{tmp_path}: predicts nan, wanted numbers: its weights")


@pytest.mark.parametrize("method", ["predict", "predict_proba", "examples"])
def test_one_string_is_refused_where_a_list_is_wanted(model: TrainedModel, method: str) -> None:
    with pytest.raises(TypeError, match="found one string; write \\[text\\]"):
        getattr(model, method)("so good")


def test_no_texts_get_no_predictions(model: TrainedModel) -> None:
    assert model.predict([]) == []
    assert model.predict_proba([]).shape == (0, 2)


@pytest.mark.parametrize("threads", [1, 2])
def test_the_number_of_threads_changes_no_prediction(
    trained: Run, model: TrainedModel, threads: int
) -> None:
    assert trained.output is not None
    limited = load(trained.output, threads=threads, host=HOST)
    assert limited.threads == threads
    assert limited.predict(TEXTS) == model.predict(TEXTS)


# --- what is refused ------------------------------------------------------------------------------


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelFormatError, match=r"holds no model\.safetensors"):
        load(tmp_path, host=HOST)


def test_a_path_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelFormatError, match="no such file"):
        load(tmp_path / "gone", host=HOST)


def test_a_checkpoint_is_no_model(trained: Run) -> None:
    assert trained.output is not None
    with pytest.raises(ModelFormatError, match="a checkpoint for resuming"):
        load(trained.output / "checkpoint.safetensors", host=HOST)


def test_a_model_of_a_plugin_that_is_missing_names_what_to_install(
    trained: Run, tmp_path: Path
) -> None:
    source = PluginVersion("seqkit-haiku", "1.2")
    path = tampered(trained, tmp_path, lambda _: {"task": "haiku", "plugin": source})
    with pytest.raises(
        UserError, match=r": haiku: no such task.*install seqkit-haiku \(it was 1\.2\)"
    ):
        load(path, host=HOST)


def test_a_model_of_a_plugin_that_is_left_out_says_which_that_is(
    trained: Run, tmp_path: Path
) -> None:
    path = tampered(trained, tmp_path, lambda _: {"plugin": PluginVersion("seqkit-toy", "1.2")})
    sources = [PluginSource("toy", HOST.renewed, "seqkit-toy", "1.2")]
    with pytest.raises(UserError) as caught:
        load(path, host=PluginHost(sources, disabled="toy"))
    first, second = caught.value.problems
    assert first.message.endswith("; install seqkit-toy (it was 1.2)")
    assert second.message.startswith("plugin toy (seqkit-toy 1.2): might offer it, but is disabled")
    assert "install" not in second.message


def resource(name: str, change: Callable[[Any], Any]) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda m: {"resources": {**m["resources"], name: change(m["resources"][name])}}


def vocabulary(**parts: Any) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return resource("vocabulary", lambda old: {**old, **parts})


TAMPERED: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "a label less": resource("labels", lambda labels: labels[:1]),
    "a label more": resource("labels", lambda labels: [*labels, "so-so"]),
    "a label twice": resource("labels", lambda labels: [labels[0]] * 2),
    "labels of another type": resource("labels", lambda labels: [1, 2]),
    "labels that are no list": resource("labels", lambda labels: None),
    "another label more, shares too": lambda m: {
        "resources": {
            **m["resources"],
            "labels": ["a", "b", "c", "d"],
            "label_shares": [0.25] * 4,
        }
    },
    "no resources": lambda m: {"resources": {}},
    "a word less": resource(
        "vocabulary", lambda old: {"words": old["words"][:-1], "specials": old["specials"]}
    ),
    "a word twice": vocabulary(words=["<unk>", "good", "good"], counts=None),
    "words that are numbers": vocabulary(words=[1, 2, 3], counts=None),
    "a vocabulary that is a list": resource("vocabulary", lambda old: [1]),
    "no unknown mark": vocabulary(specials=["<eos>"]),
    "a wider embedding": lambda m: {"config": {**m["config"], "embedding": 7}},
    "a million layers": lambda m: {"config": {**m["config"], "layers": 10**6}},
    "billions of weights": lambda m: {"config": {**m["config"], "units": 10**5}},
    "more weights than any memory holds": lambda m: {"config": {**m["config"], "units": 10**9}},
    "another encoder": lambda m: {"config": {**m["config"], "encoder": "gru"}},
    "an encoder that nobody has": lambda m: {"config": {**m["config"], "encoder": "lstn"}},
    "an unknown option": lambda m: {"config": {**m["config"], "colour": "red"}},
    "an option out of its limits": lambda m: {"config": {**m["config"], "units": 0}},
    "two poolings that are one": lambda m: {"config": {**m["config"], "pooling": ["max", "max"]}},
    "weights that are tied": lambda m: {"tied": {"output.w": "output.bias"}},
}


@pytest.mark.parametrize("change", TAMPERED.values(), ids=TAMPERED.keys())
def test_a_manifest_that_does_not_fit_its_weights_is_refused(
    trained: Run, tmp_path: Path, change: Callable[[dict[str, Any]], dict[str, Any]]
) -> None:
    path = tampered(trained, tmp_path, change)
    with pytest.raises(ModelFormatError) as caught:
        load(path, host=HOST)
    assert all(str(tmp_path) in problem.where for problem in caught.value.problems)


def test_a_manifest_that_was_not_changed_still_loads(trained: Run, tmp_path: Path) -> None:
    assert load(tampered(trained, tmp_path, lambda _: {}), host=HOST).predict(TEXTS)


def test_missing_weights_are_all_named(trained: Run, tmp_path: Path) -> None:
    assert trained.output is not None
    manifest, arrays = read_bundle(trained.output)
    del arrays["output.w"], arrays["output.bias"]
    write_bundle(tmp_path / MODEL_NAME, dataclasses.replace(manifest), arrays)
    with pytest.raises(ModelFormatError) as caught:
        load(tmp_path, host=HOST)
    assert {"output.w", "output.bias"} <= set(str(caught.value).split("'"))


def test_no_module_imports_what_could_run_a_file() -> None:
    package = Path(seqkit.__file__).parent
    modules = [*package.rglob("*.py"), *(package.parent / "tasks").rglob("*.py")]
    assert len(modules) > 50
    for path in modules:
        used = set(used_names(path))
        assert not used & {"pickle", "joblib", "dill", "shelve", "marshal"}, path
        assert not used & {"eval", "exec", "compile"}, path


def used_names(path: Path) -> Iterator[str]:
    """The modules that a file imports, and the functions that it calls by a bare name."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.partition(".")[0]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            yield node.func.id


# --- saving a model -------------------------------------------------------------------------------


def test_a_model_that_was_loaded_saves_the_same_bytes(
    trained: Run, model: TrainedModel, tmp_path: Path
) -> None:
    assert trained.output is not None
    written = model.save(tmp_path / "folder" / "of" / "mine")
    assert written == tmp_path / "folder" / "of" / "mine" / MODEL_NAME
    assert written.read_bytes() == (trained.output / MODEL_NAME).read_bytes()


def test_a_model_is_saved_under_the_name_of_a_file(model: TrainedModel, tmp_path: Path) -> None:
    assert model.save(tmp_path / "mine.safetensors") == tmp_path / "mine.safetensors"
    assert load(tmp_path / "mine.safetensors", host=HOST).predict(TEXTS) == model.predict(TEXTS)


def test_a_model_is_not_saved_over_another_unless_told_to(
    model: TrainedModel, tmp_path: Path
) -> None:
    model.save(tmp_path)
    with pytest.raises(UserError, match=r"already there; .* overwrite=True"):
        model.save(tmp_path)
    assert model.save(tmp_path, overwrite=True).exists()
