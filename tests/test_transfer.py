"""``--init-from``: what is taken over from a trained model, what is not, and what is refused."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import seqkit
from seqkit.datasets import DataFiles
from seqkit.errors import UserError
from seqkit.options import parse
from seqkit.plugins import default_host
from seqkit.runs import Run

SIZES = {"units": 6, "embedding": 6, "epochs": 1}


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A little text in Korean and English, as lines, as labelled lines, and tagged."""
    folder = tmp_path_factory.mktemp("texts")
    lines = ["정말 좋은 영화", "정말 나쁜 영화", "a good film", "a bad film"] * 3
    labels = ["good", "bad"] * 6
    labelled = ["label\ttext"]
    labelled += [f"{label}\t{line}" for label, line in zip(labels, lines, strict=True)]
    tagged = ["\n".join(f"{word}\tX{i}" for i, word in enumerate(x.split())) for x in lines]
    (folder / "lines.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "labelled.tsv").write_text("\n".join(labelled) + "\n", encoding="utf-8")
    (folder / "tagged.tsv").write_text("\n\n".join(tagged) + "\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def language_model(texts: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("runs") / "lm"
    data = DataFiles(train=texts / "lines.txt", dev=texts / "lines.txt", name="lines")
    seqkit.train("lm", data=data, output=output, min_count=1, **SIZES)
    return output


def started(task: str, file: Path, **options: Any) -> Run:
    """A run that is about to take its first step."""
    spec = default_host().find_task(task)
    data = DataFiles(train=file, dev=file, name=file.name)
    config = parse(spec.config, {**SIZES, **options})
    run = Run(spec, config, data=data, host=default_host())
    run.load()
    run.build()
    return run


def weights(model: Any) -> dict[str, np.ndarray]:
    return {name: parameter.value for name, parameter in model.parameters()}


def notices_of(run: Run) -> str:
    return "\n".join(run._notices)


def test_token_vectors_are_taken_over_by_token(texts: Path, language_model: Path) -> None:
    source = seqkit.load(language_model).model
    run = started("sentiment", texts / "labelled.tsv", init_from=str(language_model))
    theirs, ours = source.reading(), run.model.reading()
    assert theirs is not None
    assert ours is not None
    for token in ("정말", "film", "<unk>"):
        row = theirs.table.value[theirs.words.index(token)]
        assert (ours.table.value[ours.words.index(token)] == row).all()
    tokens = len(ours.words)
    assert f"the vectors of {tokens - 1} of {tokens - 1} tokens" in notices_of(run)


def test_a_token_known_in_capitals_only_takes_the_vector_of_the_commonest(
    texts: Path, tmp_path: Path
) -> None:
    file = tmp_path / "lines.txt"
    file.write_text("Seoul SEOUL Seoul is is Is large\n" * 4, encoding="utf-8")
    data = DataFiles(train=file, dev=file, name="lines")
    seqkit.train("lm", data=data, output=tmp_path / "lm", min_count=1, **SIZES)
    source = seqkit.load(tmp_path / "lm").model.reading()
    labelled = tmp_path / "labelled.tsv"
    labelled.write_text("label\ttext\ngood\tseoul is\nbad\tlarge Busan\n", encoding="utf-8")
    run = started("sentiment", labelled, init_from=str(tmp_path / "lm"))
    ours = run.model.reading()
    assert source is not None
    assert ours is not None
    for token, known in (("seoul", "Seoul"), ("is", "is"), ("large", "large")):
        row = source.table.value[source.words.index(known)]
        assert (ours.table.value[ours.words.index(token)] == row).all()
    assert "the vectors of 3 of 4 tokens" in notices_of(run)


def test_the_forward_direction_starts_from_a_language_model(
    texts: Path, language_model: Path
) -> None:
    source = weights(seqkit.load(language_model).model)
    drawn = weights(started("sentiment", texts / "labelled.tsv").model)
    run = started("sentiment", texts / "labelled.tsv", init_from=str(language_model))
    for name in ("w_input", "w_hidden", "bias"):
        taken = weights(run.model)[f"encoder.recurrent.forward.{name}"]
        there = source[f"encoder.recurrent.{name}"]  # what is read beside the vectors comes behind
        assert (taken[: len(there)] == there).all()
        left = weights(run.model)[f"encoder.recurrent.backward.{name}"]
        assert (left == drawn[f"encoder.recurrent.backward.{name}"]).all()
    assert "as drawn start 1.backward.w_input" in notices_of(run)


def test_a_tagger_takes_what_reads_the_words_beside_their_spelling(
    texts: Path, language_model: Path
) -> None:
    source = weights(seqkit.load(language_model).model)["encoder.recurrent.w_input"]
    run = started("pos-tagging", texts / "tagged.tsv", init_from=str(language_model))
    taken = weights(run.model)["encoder.forward.w_input"]
    assert (taken[: len(source)] == source).all()
    assert len(taken) > len(source)


def test_a_model_starts_from_one_of_its_own_task(texts: Path, tmp_path: Path) -> None:
    data = DataFiles(train=texts / "labelled.tsv", dev=texts / "labelled.tsv", name="labelled")
    seqkit.train("sentiment", data=data, output=tmp_path / "first", layers=2, **SIZES)
    source = seqkit.load(tmp_path / "first").model
    run = started("sentiment", texts / "labelled.tsv", layers=2, init_from=str(tmp_path / "first"))
    theirs, ours = weights(source), weights(run.model)
    for name in theirs:
        if name.startswith("encoder."):
            assert (ours[name] == theirs[name]).all()
    assert "as drawn" not in notices_of(run)


def test_a_run_tells_where_it_started_from(
    texts: Path, language_model: Path, tmp_path: Path
) -> None:
    data = DataFiles(train=texts / "labelled.tsv", dev=texts / "labelled.tsv", name="labelled")
    options = {**SIZES, "init_from": str(language_model)}
    reports = [
        seqkit.train("sentiment", data=data, output=tmp_path / name, **options) for name in "ab"
    ]
    assert any("language-modelling (SHA-256 " in notice for notice in reports[0].notices)
    assert reports[0].config["init_from"] == str(language_model)
    model_files = [(tmp_path / name / "model.safetensors").read_bytes() for name in "ab"]
    assert model_files[0] == model_files[1]


def test_what_does_not_fit_is_named_all_at_once(texts: Path, language_model: Path) -> None:
    with pytest.raises(UserError) as caught:
        started(
            "sentiment",
            texts / "labelled.tsv",
            init_from=str(language_model),
            encoder="gru",
            units=5,
            embedding=7,
        )
    said = str(caught.value)
    assert "its encoder is lstm, here it is gru; add --encoder lstm" in said
    assert "its encoder has 6 units, here it has 5; add --units 6" in said
    assert "its token vectors are 6 wide, here they are 7; add --embedding 6" in said


def test_models_without_a_common_token_are_refused(texts: Path, tmp_path: Path) -> None:
    data = DataFiles(train=texts / "lines.txt", dev=texts / "lines.txt", name="lines")
    seqkit.train("lm", data=data, output=tmp_path / "lm", min_count=1, **SIZES)
    file = tmp_path / "other.tsv"
    file.write_text("label\ttext\ngood\tsuperbe\nbad\thorrible\n", encoding="utf-8")
    with pytest.raises(UserError, match=r"it knows none of the tokens here$"):
        started("sentiment", file, init_from=str(tmp_path / "lm"))
    with pytest.raises(UserError, match="it reads words; add --tokenizer words"):
        started("sentiment", file, init_from=str(tmp_path / "lm"), tokenizer="jamo")


def test_vectors_and_another_model_are_not_taken_together() -> None:
    spec = default_host().find_task("sentiment")
    with pytest.raises(UserError, match="init_from: found beside vectors"):
        parse(spec.config, {"vectors": "glove.txt", "init_from": "runs/lm-1"})


def test_vectors_as_they_were_drawn_are_not_frozen() -> None:
    spec = default_host().find_task("pos-tagging")
    with pytest.raises(UserError, match="freeze_vectors: found without vectors or init_from"):
        parse(spec.config, {"freeze_vectors": True})
    assert parse(spec.config, {"freeze_vectors": True, "init_from": "runs/lm-1"}).freeze_vectors


def test_words_that_only_the_other_model_has_met_are_known_if_asked_for(
    language_model: Path, tmp_path: Path
) -> None:
    file = tmp_path / "few.tsv"
    file.write_text("label\ttext\ngood\tgood film\nbad\tsuperbe\n", encoding="utf-8")
    source = seqkit.load(language_model).model.reading()
    run = started("sentiment", file, init_from=str(language_model), extend_vocabulary=True)
    ours = run.model.reading()
    assert source is not None
    assert ours is not None
    assert ours.words[:4] == ("<unk>", "film", "good", "superbe")
    assert f"extended by the tokens of {language_model}" in run.load().notices[0]
    row = source.table.value[source.words.index("영화")]
    assert (ours.table.value[ours.words.index("영화")] == row).all()
    limit = {"extend_vocabulary": True, "max_vocabulary": 5}
    few = started("sentiment", file, init_from=str(language_model), **limit).model.reading()
    assert few is not None
    assert few.words == ours.words[:5]


def test_pieces_are_those_of_the_language_model(texts: Path, tmp_path: Path) -> None:
    pytest.importorskip("tokenizers", reason="the extra seqkit[subwords] is not installed")
    data = DataFiles(train=texts / "lines.txt", dev=texts / "lines.txt", name="lines")
    source = tmp_path / "lm"
    seqkit.train("lm", data=data, output=source, lowercase=True, subwords=30, **SIZES)
    file = tmp_path / "other.tsv"
    file.write_text("label\ttext\ngood\tgoodness\nbad\t나쁜 film\n", encoding="utf-8")
    run = started("sentiment", file, init_from=str(source), subwords=30)
    old, new = seqkit.load(source).model.reading(), run.model.reading()
    assert old is not None
    assert new is not None
    assert new.merges == old.merges
    assert {*new.words} == {*old.words} - {"<eos>"}
    for piece in new.words[1:]:
        here, there = (r.table.value[r.words.index(piece)] for r in (new, old))
        assert (here == there).all()
    (length,) = {run.model.length(example) for example in run.task.examples(["goodness"])}
    assert length == len(seqkit.load(source).model.vocabulary.cut(["goodness"]))
    again = started("lm", file, init_from=str(source), subwords=30).model.reading()
    assert again is not None
    assert {*again.words} == {*old.words}


def test_a_tagger_knows_words_of_pretrained_vectors_if_asked_for(
    texts: Path, tmp_path: Path
) -> None:
    vectors = tmp_path / "vectors.txt"
    vectors.write_text("서울 1 2\nSeoul 3 4\nfilm 5 6\n", encoding="utf-8")
    options = {"vectors": str(vectors), "embedding": 2, "extend_vocabulary": True}
    run = started("pos-tagging", texts / "tagged.tsv", **options)
    reading = run.model.reading()
    assert reading is not None
    assert reading.table.value[reading.words.index("서울")].tolist() == [1, 2]
    lowercase = run.task.config.lowercase
    assert ("Seoul" in reading.words) != lowercase


def test_a_vocabulary_is_not_extended_by_nothing() -> None:
    spec = default_host().find_task("sentiment")
    with pytest.raises(UserError, match="extend_vocabulary: found without vectors or init_from"):
        parse(spec.config, {"extend_vocabulary": True})


def test_a_folder_without_a_model_is_refused(texts: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"init_from: .*: the folder holds no model\.safetensors"):
        started("sentiment", texts / "labelled.tsv", init_from=str(tmp_path))


def test_an_estimator_starts_from_a_model_too(language_model: Path) -> None:
    estimator = seqkit.estimator("sentiment", init_from=str(language_model), **SIZES)
    texts = [f"{number} {text}" for number in range(9) for text in ("좋은 영화", "a bad film")]
    estimator.fit(texts, ["good", "bad"] * 9)
    assert estimator.predict(["정말 좋은 영화"])[0] in ("good", "bad")
