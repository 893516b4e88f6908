"""The task does what its users do with it: train on the sample, load, predict."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import seqkit
from seqkit.datasets import DataFiles
from seqkit.loading import TrainedModel
from seqkit.reports import RunReport


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[RunReport, Path]:
    output = tmp_path_factory.mktemp("runs") / "sample"
    return seqkit.train("ner", output=output, epochs=12), output


@pytest.fixture(scope="module")
def trained(run: tuple[RunReport, Path]) -> TrainedModel:
    return seqkit.load(run[1])


def test_a_run_on_the_sample_beats_its_baseline(run: tuple[RunReport, Path]) -> None:
    report, _ = run
    assert report.data.sample
    (baseline,) = report.baselines
    assert report.evaluation.headline.name == "entity F1"
    assert report.evaluation.headline.value > baseline.evaluation.headline.value + 0.1


def test_the_report_names_scheme_and_mode_and_counts_what_was_repaired(
    run: tuple[RunReport, Path],
) -> None:
    report = json.loads((run[1] / "report.json").read_text(encoding="utf-8"))
    (table,) = report["evaluation"]["tables"]
    assert table["notes"] == [
        "An entity is right if start, end and type are.",
        "Gold tags: IOB2. Predicted: IOBES, read as the CoNLL script does (mode conll).",
    ]
    counts = [split["counts"] for split in report["data"]["splits"]]
    assert [split["illegal tag sequences, repaired"] for split in counts] == [0, 0, 0]


TEXTS = [
    "Mira Hale moved to Port Ellin.",
    "👍🏽👨‍👩‍👧 Mira Hale met Tomas Reed in Halden 🎉",
    "Cafe\u0301 owner Rene\u0301 Hale met Sam in Halden.",
    "박도윤 교수는 서울에서 김하늘은 만났다.",
    "\u1107\u1161\u11a8도윤 교수는 서울에서 \u1100\u1175\u11b7하늘은 만났다.",
]


@pytest.mark.parametrize("text", TEXTS)
def test_entities_stand_where_the_text_has_them(trained: TrainedModel, text: str) -> None:
    (prediction,) = trained.predict([text])
    assert prediction.entities
    for entity in prediction.entities:
        assert text[entity.start : entity.end] == entity.text
        assert entity.text == entity.text.strip() != ""
        assert 0 < entity.probability <= 1


def test_an_empty_text_and_blanks_have_no_entity(trained: TrainedModel) -> None:
    for prediction in trained.predict(["", "  \u3000 "]):
        assert (prediction.entities, prediction.tags) == ((), ())


def test_the_shell_writes_spans_and_columns(run: tuple[RunReport, Path], tmp_path: Path) -> None:
    lines = tmp_path / "lines.txt"
    lines.write_text("Mira Hale met Sam.\n\n서울에서 만났다\n", encoding="utf-8")
    command = [sys.executable, "-m", "seqkit", "predict", str(run[1]), "--input", str(lines)]

    def said(*more: str) -> str:
        done = subprocess.run([*command, *more], capture_output=True, check=True)
        return done.stdout.decode("utf-8")

    answers = [json.loads(line) for line in said().splitlines()]
    assert [answer["text"] for answer in answers] == ["Mira Hale met Sam.", "", "서울에서 만났다"]
    assert set(answers[0]["entities"][0]) == {"type", "start", "end", "text", "probability"}
    columns = said("--format", "columns")
    sentences = [block.splitlines() for block in columns.split("\n\n")]
    assert [line.split("\t")[0] for line in sentences[0]] == ["Mira", "Hale", "met", "Sam", "."]
    tags = [line.split("\t")[1] for block in sentences for line in block if line]
    assert tags[: len(answers[0]["tags"])] == answers[0]["tags"]


def test_characters_as_tokens_leave_particles_out(tmp_path: Path) -> None:
    texts = ["서울에서 만났다", "부산에 산다", "서울은 크다", "부산에서 만났다"] * 3
    place = {"type": "LOC", "start": 0, "end": 2}
    lines = [json.dumps({"text": text, "entities": [place]}) for text in texts]
    data = tmp_path / "places.jsonl"
    data.write_text("\n".join(lines), encoding="utf-8")
    output = tmp_path / "run"
    options: dict[str, Any] = {"tokenizer": "characters", "epochs": 25, "units": 16, "dropout": 0.0}
    files = DataFiles(train=data, dev=data)
    seqkit.train("ner", data=files, output=output, **options)
    (prediction,) = seqkit.load(output).predict(["서울에서 만났다"])
    (entity,) = prediction.entities
    assert (entity.start, entity.end, entity.text, entity.type) == (0, 2, "서울", "LOC")


def test_the_shell_converts_between_schemes(tmp_path: Path) -> None:
    path = tmp_path / "some.conll"
    path.write_text("미라\tI-PER\nSam\tB-PER\n\na\tO\nb\tB-LOC\n", encoding="utf-8")
    command = [sys.executable, "-m", "seqkit", "convert-tags", str(path)]
    done = subprocess.run([*command, "--scheme", "iob1", "--to", "iobes"], capture_output=True)
    assert done.returncode == 0
    assert done.stdout.decode("utf-8") == "미라\tS-PER\nSam\tS-PER\n\na\tO\nb\tS-LOC\n\n"
    assert done.stderr.decode("utf-8").strip() == "2 sentences, 1 of them repaired"
    refused = subprocess.run(
        [*command, "--scheme", "iob1", "--to", "iobes", "--refuse"], capture_output=True
    )
    assert refused.returncode == 2
    assert b"some.conll:4: word 2 has B-LOC, in IOB1 it would be I-LOC" in refused.stderr
