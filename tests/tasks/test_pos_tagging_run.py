"""From the sample to a saved model and back."""

from pathlib import Path

import pytest

from seqkit.bundle import MODEL_NAME
from seqkit.loading import load
from seqkit.plugins import PluginHost
from seqkit.reports import RunReport
from seqkit.runs import Run
from seqkit.text import read_conllu
from seqkit_tasks.pos_tagging.config import PosTaggingConfig
from tests.tasks.pos_tagging import TREEBANK, config, write

HOST = PluginHost.discover({"SEQKIT_DISABLE_PLUGINS": "all"})


def finished(folder: Path, made: PosTaggingConfig, threads: int) -> tuple[Run, RunReport]:
    files = HOST.find_dataset("pos-en").files()
    task = HOST.find_task("pos")
    run = Run(task, made, data=files, output=folder, sample=True, host=HOST, threads=threads)
    run.load()
    run.build()
    for _ in run.train():
        pass
    return run, run.finish()


@pytest.mark.parametrize("output", ["softmax", "crf"])
def test_a_saved_model_predicts_as_before_and_is_the_same_on_any_threads(
    tmp_path: Path, output: str
) -> None:
    made = config(units=16, character_units=8, output=output, epochs=1)
    run, report = finished(tmp_path / "one", made, 1)
    finished(tmp_path / "two", made, 2)
    first, second = ((tmp_path / name / MODEL_NAME).read_bytes() for name in ("one", "two"))
    assert first == second
    loaded = load(tmp_path / "one", host=HOST)
    sentences = read_conllu(write(tmp_path, "a.conllu", TREEBANK))
    inputs = ["She sings.", "", ["새", "🙂"], *sentences]
    assert loaded.predict(inputs) == run.model.predict(run.task.examples(inputs))
    (baseline,) = report.baselines
    assert baseline.name == "each word's commonest tag"
    assert baseline.evaluation.headline.name == report.evaluation.headline.name == "accuracy"


def test_the_default_options_beat_the_baseline_on_the_sample(tmp_path: Path) -> None:
    _, report = finished(tmp_path, PosTaggingConfig(), 2)
    (baseline,) = report.baselines
    assert report.evaluation.headline.value > baseline.evaluation.headline.value + 0.02
