"""The task does what its users do with it: train, load, predict, at the shell and from Python."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import seqkit

STORY = "Nora walked over to the mill. Tomas hurried to the attic. Nora came to the orchard."


@pytest.fixture(scope="module")
def stories(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("stories") / "run"
    return seqkit.train("qa", output=folder, epochs=20), folder


def seqkit_says(*arguments: str, given: str | None = None) -> str:
    command = [sys.executable, "-m", "seqkit", *arguments]
    done = subprocess.run(
        command, input=given, capture_output=True, encoding="utf-8", check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_sample_beats_its_baselines(stories: Any) -> None:
    report, _ = stories
    assert report.data.sample
    assert len(report.baselines) == 2
    best = max(baseline.evaluation.headline.value for baseline in report.baselines)
    assert report.evaluation.headline.value > best + 0.1


def test_a_saved_model_answers_pairs_and_lines(stories: Any, tmp_path: Path) -> None:
    _, folder = stories
    model = seqkit.load(folder)
    questions = ["Where can Nora be found?", "Where can Tomas be found?"]
    answers = model.predict([(STORY, question) for question in questions])
    assert [answer.answer for answer in answers] == ["orchard", "attic"]
    lines = "".join(f"{STORY}\t{question}\n" for question in questions)
    said = [
        json.loads(line) for line in seqkit_says("predict", str(folder), given=lines).splitlines()
    ]
    assert [answer["answer"] for answer in said] == ["orchard", "attic"]
    assert (said[0]["text"], said[0]["question"]) == (STORY, questions[0])
    path = tmp_path / "questions.jsonl"
    path.write_text("\n".join(json.dumps({"text": STORY, "question": q}) for q in questions))
    table = seqkit_says("predict", str(folder), "--input", str(path), "--format", "tsv")
    assert [line.split("\t")[0] for line in table.splitlines()] == ["orchard", "attic"]


def test_spans_of_passages_with_unknown_names(tmp_path: Path) -> None:
    report = seqkit.train("qa", data="qa-spans", output=tmp_path / "run", epochs=15)
    best = max(baseline.evaluation.headline.value for baseline in report.baselines)
    assert report.evaluation.headline.value > best + 0.3
    text = (
        "The bridge of Xaltor was opened in 1871. It was designed by Zoë Quibbe. 날씨는 온화하다."
    )
    (answer,) = seqkit.load(tmp_path / "run").predict([(text, "Who designed the bridge?")])
    assert answer.answer == "Zoë Quibbe"
    assert text[answer.start : answer.end] == answer.answer


def test_korean_characters_point_inside_a_word() -> None:
    from seqkit_qa.config import QAConfig
    from seqkit_qa.task import QATask

    task = QATask(QAConfig(answer="span", tokenizer="characters"))
    (example,) = task.examples([("민지는 부엌에서 잤다.", "어디에서?")], ["부엌"])
    assert example.place == (4, 5)
