"""What is read of files and options, and what the model makes of them."""

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from seqkit.errors import UserError
from seqkit.options import parse
from seqkit.text import UNKNOWN
from seqkit.writing_model import Written

from seqkit_seq2seq import Seq2SeqConfig
from seqkit_seq2seq.model import Pair, Seq2SeqModel
from seqkit_seq2seq.task import Seq2SeqTask

SMALL: dict[str, Any] = {"units": 6, "embedding": 4}
RECIPES = Path(__file__).parents[1] / "recipes"


def make_task(**options: Any) -> Seq2SeqTask:
    return Seq2SeqTask(Seq2SeqConfig(**{**SMALL, **options}))


def make_model(
    pairs: Sequence[tuple[str, Any]], **options: Any
) -> tuple[Seq2SeqTask, Seq2SeqModel]:
    task = make_task(**options)
    train = task.examples([source for source, _ in pairs], [target for _, target in pairs])
    return task, task.build(task.fit(train), rng=np.random.default_rng(0))


PAIRS = [("ab c", "xy z"), ("가나", "ga na"), ("b", "y")]


def read(folder: Path, text: str, name: str = "pairs.txt", **options: Any) -> list[Pair]:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return make_task(**options).read(path)


@pytest.mark.parametrize("text", ["16+75\t91\n", "16+75  _91  \n", "source\ttarget\n16+75\t91\n"])
def test_pairs_of_either_format_are_read(tmp_path: Path, text: str) -> None:
    (pair,) = read(tmp_path, text)
    assert pair == Pair("16+75", tuple("16+75"), (("9", "1"),), ("91",))


def test_numbers_are_sources_and_answers_like_their_texts() -> None:
    made = make_task().examples([12, "12"], [3, ["3"]])
    assert made == make_task().examples(["12", "12"], ["3", "3"])


def test_words_are_no_source() -> None:
    with pytest.raises(UserError, match=r"input 1: found \['a', 'b'\] \(list\), wanted a text"):
        make_task().examples([["a", "b"]], ["c"])


def test_variants_of_a_word_are_right_answers_to_one_source(tmp_path: Path) -> None:
    text = "a AH0\na(2) EY1\nto T UW1 # a comment\n"
    pairs = read(tmp_path, text, "some.dict", target_units="whitespace")
    assert [pair.source for pair in pairs] == ["a", "to"]
    assert pairs[0].answers == (("AH0",), ("EY1",))
    (first, _) = read(tmp_path, text, format="cmudict", target_units="whitespace", stress=False)
    assert first.targets == ("AH", "EY")


def test_sources_to_be_answered_stand_a_line_each_or_in_pairs(tmp_path: Path) -> None:
    for name, text in (("a.txt", "a b\n\nc_d\n"), ("a.tsv", "a b\tx\nc_d\ty\n")):
        (tmp_path / name).write_text(text, encoding="utf-8")
    task = make_task()
    assert [p.source for p in task.read_inputs(tmp_path / "a.txt")] == ["a b", "", "c_d"]
    assert [p.source for p in task.read_inputs(tmp_path / "a.tsv")] == ["a b", "c_d"]


def test_an_unlikely_file_is_refused_with_what_is_wanted(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="wanted source<TAB>target or source _target"):
        read(tmp_path, "nothing to see\n")


def test_the_source_may_be_read_from_its_end_and_in_small_letters() -> None:
    task = make_task(reverse_source=True, lowercase=True)
    (pair,) = task.examples(["Ab"], ["Xy"])
    assert (pair.tokens, pair.answers) == (("b", "a"), (("X", "y"),))
    assert task.in_order(pair) == ("a", "b")


def test_each_side_has_its_own_units() -> None:
    task = make_task(source_units="jamo", target_units="words")
    (pair,) = task.examples(["가나"], ["it's done"])
    assert len(pair.tokens) == 4
    assert pair.answers == (("it", "'s", "done"),)


def test_a_shared_vocabulary_is_one_table() -> None:
    _, model = make_model(PAIRS, shared_vocabulary=True)
    assert model.embedding.table is model.network.decoder.embedding.table
    assert {"a", "x", "가"} <= set(model.source.words)
    _, apart = make_model(PAIRS)
    assert "x" not in apart.source


def test_every_right_answer_is_learnt_and_any_is_right() -> None:
    task, model = make_model([("a", ["x", "y"]), ("b", "z")])
    pairs = task.examples(["a", "b"], [["x", "y"], "z"])
    assert sum(len(batch) for batch in model.batches(pairs, rng=None)) == 3
    scoring = model.score(pairs, [Written("y", ("y",)), Written("x", ("x",))])
    assert scoring.statistics[:, 0].tolist() == [1, 0]


def test_the_best_answers_come_in_order() -> None:
    task, model = make_model(PAIRS, beam=5, n_best=3)
    (written,) = model.predict(task.examples(["ab"]))
    assert len(written.candidates) == 3
    assert (written.text, written.score) == (
        written.candidates[0].text,
        written.candidates[0].score,
    )


def test_a_source_without_a_token_is_answered_by_nothing() -> None:
    task, model = make_model(PAIRS, source_units="words")
    written = model.predict(task.examples(["", "ab", "   "]))
    assert [answer.text for answer in (written[0], written[2])] == ["", ""]
    assert written[1] == model.predict(task.examples(["ab"]))[0]


def test_the_unknown_mark_is_never_written() -> None:
    task, model = make_model([("a", "x x"), ("b", "x x"), ("c", "y z")], min_count=2, n_best=2)
    assert "y" not in model.vocabulary
    model.network.decoder.output.w.value[model.vocabulary.ids[UNKNOWN]] *= 100.0
    for written in model.predict(task.examples(["a", "b", "c"])):
        assert not any(UNKNOWN in candidate.tokens for candidate in written.candidates)


def test_a_huge_line_is_read_whole_and_the_answer_has_an_end() -> None:
    task, model = make_model(PAIRS)
    (written,) = model.predict(task.examples(["ab가" * 5000]))
    assert len(written.tokens) <= model.limit == 6


@pytest.mark.parametrize("reverse", [False, True])
def test_unknown_tokens_are_named_in_the_order_of_the_text(reverse: bool) -> None:
    task, model = make_model(PAIRS, reverse_source=reverse)
    (pair,) = task.examples(["aqbz"])
    assert model.unknown_tokens(pair) == ["q", "z"]
    assert model.counts([pair])["unknown source tokens"] == 2


def test_attention_is_in_the_order_of_the_text() -> None:
    for reverse in (False, True):
        task, model = make_model(PAIRS, reverse_source=reverse)
        pairs = task.examples(["ab c"])
        (weights,) = model.attention(pairs, [Written("xy", ("x", "y"))])
        source = model.read(pairs).vectors
        (read,) = model.network.attention(source, [model.vocabulary.encode(["x", "y"])])
        np.testing.assert_array_equal(weights, read[:, ::-1] if reverse else read)
        assert weights.shape == (3, 4)


def test_scheduled_sampling_rises_over_the_epochs() -> None:
    config = Seq2SeqConfig(sampled=0.5, sampling_epochs=4)
    assert [config.sampled_in(epoch) for epoch in (1, 3, 5, 9)] == [0.0, 0.25, 0.5, 0.5]
    assert Seq2SeqConfig(sampled=0.5, sampling_schedule="constant").sampled_in(1) == 0.5


def test_more_answers_than_the_beam_holds_are_refused() -> None:
    with pytest.raises(UserError, match="n_best: found 5, wanted at most beam=4"):
        Seq2SeqConfig(n_best=5)


def test_a_length_penalty_that_no_float_holds_is_refused() -> None:
    with pytest.raises(UserError, match=r"length_penalty: found 1000000\.0, wanted .*from 0 to 10"):
        parse(Seq2SeqConfig, {"length_penalty": 1e6})


def test_a_vocabulary_is_not_shared_by_different_units() -> None:
    with pytest.raises(UserError, match=r"^shared_vocabulary: found source_units=words, target_"):
        Seq2SeqConfig(shared_vocabulary=True, source_units="words")
    assert Seq2SeqConfig(shared_vocabulary=True, source_units="jamo", target_units="jamo")


def test_baselines_copy_and_look_for_the_nearest() -> None:
    task, model = make_model(PAIRS)
    train = task.examples([s for s, _ in PAIRS], [t for _, t in PAIRS])
    copy, nearest = model.baselines(train)
    asked = task.examples(["가나다"])
    assert copy.predict(asked)[0].text == "가나다"
    assert nearest.predict(asked)[0].text == "ga na"


@pytest.mark.parametrize("path", sorted(RECIPES.glob("*.toml")), ids=lambda path: path.stem)
def test_a_recipe_knows_its_options_and_is_in_the_readme(path: Path) -> None:
    parse(Seq2SeqConfig, tomllib.loads(path.read_text(encoding="utf-8")), where=path.name)
    readme = (RECIPES.parent / "README.md").read_text(encoding="utf-8")
    assert f"(recipes/{path.name})" in readme
