"""The task does what its users do with it: train on the samples, load, predict, draw."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import seqkit
from scipy.io import wavfile
from seqkit.cli import run_command_line
from seqkit.sampling import Sampling

from seqkit_frames.tones import GLIDES, NOTES, glide, melody


def headlines(report: Any) -> tuple[float, list[float]]:
    return report.evaluation.headline.value, [b.evaluation.headline.value for b in report.baselines]


@pytest.fixture(scope="module")
def notes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    run = tmp_path_factory.mktemp("notes") / "run"
    report = seqkit.train("frames", output=run, epochs=6)
    own, baselines = headlines(report)
    assert report.data.name == "tones-melody"
    assert len(baselines) == 2
    assert own > max(baselines) + 0.3
    return run


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> Path:
    run = tmp_path_factory.mktemp("names") / "run"
    report = seqkit.train("frames", data="names", output=run, unit="jamo")
    own, baselines = headlines(report)
    assert own < min(baselines)
    return run


def test_glides_are_told_apart_better_than_by_their_mean(tmp_path: Path) -> None:
    report = seqkit.train("frames", data="tones-glide", epochs=10)
    own, baselines = headlines(report)
    assert len(baselines) == 3
    assert own > max(baselines) + 0.3


def test_wav_files_are_transcribed_at_the_shell(notes: Path, tmp_path: Path) -> None:
    samples, text = melody(np.random.default_rng(5))
    wavfile.write(tmp_path / "one.wav", 16000, samples)
    (tmp_path / "all.txt").write_text("one.wav\none.wav\n", encoding="utf-8")
    for given in ("one.wav", "all.txt"):
        done = subprocess.run(
            [sys.executable, "-m", "seqkit", "predict", str(notes), "--input", given],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=True,
        )
        answer = json.loads(done.stdout.splitlines()[-1])
        assert answer["input"] == "one.wav"
        assert answer["frames"] > 10
        assert set(answer["text"].split()) <= set(NOTES)
        assert abs(len(answer["text"].split()) - len(text.split())) <= 1


def test_arrays_are_transcribed_from_python(notes: Path) -> None:
    model = seqkit.load(notes)
    one, none = model.predict([np.zeros((30, 40)), np.zeros((0, 40))])
    assert set(one.tokens) <= set(NOTES)
    assert none.text == " ".join(none.tokens)
    with pytest.raises(seqkit.UserError, match="input 1: found 3 features, wanted 40"):
        model.predict([np.zeros((30, 3))])


def test_names_are_drawn_for_a_condition(names: Path) -> None:
    model = seqkit.load(names)
    korean, english = model.examples(["Korean girl", "English boy"])
    drawn = model.model.sample(korean, sampling=Sampling(temperature=0.7), samples=8, seed=1)
    assert drawn == model.model.sample(
        korean, sampling=Sampling(temperature=0.7), samples=8, seed=1
    )
    assert len(set(drawn)) > 3
    assert sum("가" <= name[:1] <= "힣" for name in drawn) >= 6
    drawn = model.model.sample(english, sampling=Sampling(temperature=0.7), samples=8)
    assert sum(name[:1].isascii() for name in drawn) >= 6


def test_names_are_drawn_at_the_shell(names: Path) -> None:
    done = subprocess.run(
        [
            *(sys.executable, "-m", "seqkit", "generate", str(names)),
            *("--prompt", "Korean boy", "--samples", "3", "--json"),
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    assert [list(json.loads(line)) for line in done.stdout.splitlines()] == [["text"]] * 3


@pytest.mark.parametrize(
    ("prompt", "said"),
    [
        (["--prompt", "Korean boi"], "unknown to the model, in the prompt: 'Korean boi'\n"),
        ([], "unknown to the model, in the prompt: ''\n"),
        (["--prompt", "Korean boy"], ""),
    ],
)
def test_a_condition_that_training_never_met_is_told(
    names: Path, prompt: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command_line(["generate", str(names), *prompt]) == 0
    assert capsys.readouterr().err == said


def test_the_likeliest_name_is_written_for_each_condition(names: Path) -> None:
    predictions = seqkit.load(names).predict(["Korean girl", "English girl"])
    assert predictions[0].text != predictions[1].text
    assert predictions[0].gold_log_probability is None


def test_tones_are_the_same_wherever_they_are_made() -> None:
    for make, answers in ((melody, NOTES), (glide, GLIDES)):
        first, text = make(np.random.default_rng(1))
        second, _ = make(np.random.default_rng(1))
        assert first.dtype == np.int16
        np.testing.assert_array_equal(first, second)
        assert set(text.split()) <= set(answers)


def test_the_task_is_an_estimator_of_arrays() -> None:
    rng = np.random.default_rng(0)
    rising = [np.linspace(0, 1, 6)[:, None] + 0.1 * rng.normal(size=(6, 2)) for _ in range(20)]
    inputs = [*rising, *(frames[::-1] for frames in rising)]
    labels = [1] * 20 + [0] * 20
    model = seqkit.estimator("frames", units=8, epochs=30, learning_rate=0.02)
    assert model.fit(inputs, labels).score(inputs, labels) > 0.9
    assert model.predict(inputs[:1]).tolist() == [1]
    assert model.predict_proba(inputs).shape == (40, 2)
