"""Comparing sentences and writing texts, as a library and as commands."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from seqkit.bundle import read_bundle, write_bundle
from seqkit.errors import UserError
from seqkit.plugins import default_host
from seqkit.runs import Run
from seqkit.sampling import Sampling
from seqkit.text.vocabulary import END, UNKNOWN
from seqkit_tasks.language_modelling.adapt_command import create_adapt
from seqkit_tasks.language_modelling.commands import (
    create_generate,
    create_score,
    load_language_model,
)
from seqkit_tasks.language_modelling.generation import Generator, join_lines, unknown_tokens
from seqkit_tasks.language_modelling.lines import Line
from seqkit_tasks.language_modelling.model import LanguageModel
from seqkit_tasks.language_modelling.scoring import find_parting, score_sentences
from tests.tasks.language_models import TEXT, tiny_model

# --- scoring -------------------------------------------------------------------------------------


@given(st.lists(st.sampled_from([*TEXT, "an unheard sea"]), max_size=6))
def test_a_sentence_alone_is_worth_what_it_is_in_a_batch(texts: list[str]) -> None:
    task, model, _ = tiny_model()
    sentences = task.examples(texts)
    for sentence, scored in zip(sentences, score_sentences(model, sentences), strict=True):
        (alone,) = score_sentences(model, [sentence])
        (first,) = model.predict([sentence])
        assert scored.tokens == alone.tokens == (*sentence.tokens, END)
        for other in (alone, first):
            assert scored.log_probabilities == pytest.approx(other.log_probabilities, abs=1e-12)
        assert scored.log_probability == pytest.approx(sum(scored.log_probabilities))


def test_several_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    _, model, lines = tiny_model()
    whole = score_sentences(model, lines)
    monkeypatch.setattr("seqkit_tasks.language_modelling.scoring.SCORING_TOKENS", 6)
    for one, other in zip(whole, score_sentences(model, lines), strict=True):
        assert one.tokens == other.tokens
        assert one.log_probabilities == pytest.approx(other.log_probabilities, abs=1e-12)


def parting_of(*texts: str) -> Any:
    task, model, _ = tiny_model()
    scored = score_sentences(model, task.examples(texts))
    return scored, find_parting(scored)


def test_where_two_sentences_part() -> None:
    scored, parting = parting_of("a pear and a cake", "a pear and a pair")
    assert parting.position == 4
    assert parting.before == ("a", "pear", "and", "a")
    assert parting.tokens == ("cake", "pair")
    assert parting.log_probabilities == tuple(line.log_probabilities[4] for line in scored)
    assert sum(map(math.exp, parting.log_probabilities)) < 1
    assert parting.unknown == (False, False)


def test_where_one_sentence_ends() -> None:
    _, parting = parting_of("a pear", "a pear tree", "a pear and")
    assert (parting.position, parting.tokens) == (2, (END, "tree", "and"))
    assert parting.unknown == (False, True, False)


@pytest.mark.parametrize("texts", [(), ("a pear",), ("a pear", "a pear")])
def test_nothing_parts(texts: tuple[str, ...]) -> None:
    assert parting_of(*texts)[1] is None


# --- writing -------------------------------------------------------------------------------------


def generator(**options: Any) -> Generator:
    model_options = options.pop("model", {})
    task, model, _ = tiny_model(**model_options)
    return Generator(task=task, model=model, **options)


def test_the_same_seed_writes_the_same_text() -> None:
    texts = list(generator().sample("the baker", samples=3, seed=4))
    assert texts == list(generator().sample("the baker", samples=3, seed=4))
    assert texts[:2] == list(generator().sample("the baker", samples=2, seed=4))
    assert len({text.text for text in texts}) > 1
    assert all(text.text.startswith("the baker") for text in texts)
    assert texts != list(generator().sample("the baker", samples=3, seed=5))


def test_a_text_ends_at_the_end_mark_or_the_length() -> None:
    texts = list(generator(length=6).sample(samples=60))
    assert {text.ended for text in texts} == {True, False}
    for text in texts:
        assert (text.tokens[-1] == END) == text.ended
        assert text.tokens.count(END) == text.ended
        assert len(text.tokens) <= 6
        assert len(text.tokens) == 6 or text.ended


def test_several_lines() -> None:
    texts = list(generator(length=40, lines=3).sample("a\n\nb", samples=20))
    for text in texts:
        assert text.text.startswith("a\n\n")
        assert text.tokens.count(END) == 3 or len(text.tokens) == 40
    assert any(text.text.count("\n") == 4 for text in texts)


def test_what_it_writes_has_the_probability_that_scoring_gives_it() -> None:
    writer = generator(sampling=Sampling(temperature=2.0, top_k=4), length=8)
    for text in writer.sample("the sea and", samples=5):
        words = ("the", "sea", "and", *text.tokens)
        line = Line("", words[:-1] if text.ended else words)
        (scored,) = score_sentences(writer.model, [line])
        of_text = scored.log_probabilities[3 : 3 + len(text.tokens)]
        assert text.log_probability == pytest.approx(sum(of_text), abs=1e-9)


def test_greedy_takes_the_likeliest() -> None:
    writer = generator(sampling=Sampling(temperature=0.0), length=5)
    text = writer.write("a pear", rng=np.random.default_rng(0))
    assert text == writer.write("a pear", rng=np.random.default_rng(1))
    before = ["a", "pear"]
    for token in text.tokens:
        rivals = [
            (score_next(writer.model, before, word), word) for word in writer.model.vocabulary.words
        ]
        assert max(rivals)[1] == token
        before.append(token)


def score_next(model: LanguageModel, before: list[str], token: str) -> float:
    (scored,) = score_sentences(model, [Line("", (*before, token))])
    return scored.log_probabilities[len(before)]


def test_samples_follow_the_model() -> None:
    writer = generator(length=1)
    drawn = [text.tokens[0] for text in writer.sample("the", samples=2000, seed=1)]
    for token in ("baker", "sea", END, UNKNOWN):
        expected = math.exp(score_next(writer.model, ["the"], token))
        spread = 4 * math.sqrt(expected * (1 - expected) / len(drawn))
        assert drawn.count(token) / len(drawn) == pytest.approx(expected, abs=spread + 1e-9)


def likely_unknown() -> Generator:
    writer = generator(model={"min_count": 2}, length=12, lines=9)
    writer.model.output.bias.value[writer.model.vocabulary.unknown_id] += 6.0  # type: ignore[union-attr]
    return writer


def test_never_the_unknown_mark() -> None:
    careless = likely_unknown()
    assert any(UNKNOWN in text.tokens for text in careless.sample(samples=10))
    careful = Generator(task=careless.task, model=careless.model, length=12, lines=9, unknown=False)
    assert not any(UNKNOWN in text.tokens for text in careful.sample(samples=50))


def test_a_text_has_a_token() -> None:
    writer = generator(length=3)
    writer.model.output.bias.value[writer.model.vocabulary.end_id] += 50.0  # type: ignore[union-attr]
    assert all(text.tokens[0] != END for text in writer.sample(samples=5))
    assert all(text.tokens == (END,) for text in writer.sample("the sea", samples=5))


@pytest.mark.parametrize("unknown", [True, False])
def test_a_vocabulary_of_the_marks_alone(unknown: bool) -> None:
    task, model, _ = tiny_model(["", ""])
    texts = list(Generator(task=task, model=model, unknown=unknown, length=4).sample(samples=9))
    assert all(UNKNOWN not in text.tokens or unknown for text in texts)


@pytest.mark.parametrize(
    ("tokenizer", "prompt"),
    [("characters", "the baker "), ("jamo", "밥을 먹"), ("whitespace", "the , sea"), ("words", "")],
)
def test_prompts_of_all_kinds(tokenizer: str, prompt: str) -> None:
    task, model, _ = tiny_model([*TEXT, "밥을 먹었다 ㅋㅋ"], tokenizer=tokenizer)
    writer = Generator(task=task, model=model, length=12, lines=3)
    for text in writer.sample(prompt, samples=4):
        assert len(text.tokens) <= 12
        assert text.text.startswith(prompt) or tokenizer == "jamo"


@pytest.mark.parametrize(
    "prompt", ["the  baker,and", "The\tBaker", " the sea\n a", "(the sea )", "a\n"]
)
@pytest.mark.parametrize("tokenizer", ["words", "whitespace", "characters"])
def test_a_prompt_is_written_as_it_was_given(tokenizer: str, prompt: str) -> None:
    task, model, _ = tiny_model(tokenizer=tokenizer, lowercase=True)
    for text in Generator(task=task, model=model, length=6, lines=2).sample(prompt, samples=9):
        assert text.text.startswith(prompt)


def test_what_follows_a_prompt_that_ends_in_a_space_is_one_space_away() -> None:
    texts = [generator(length=4).sample(prompt, samples=9) for prompt in ("the sea", "the sea ")]
    for plain, spaced in zip(*texts, strict=True):
        assert plain.tokens == spaced.tokens
        assert spaced.text in (plain.text, plain.text.replace("the sea", "the sea ", 1))
        assert "  " not in spaced.text


def test_a_syllable_of_a_prompt_may_be_completed() -> None:
    task, model, _ = tiny_model(["간 간", "간"], tokenizer="jamo")
    texts = {text.text[:1] for text in Generator(task=task, model=model).sample("가", samples=30)}
    assert {"가", "간"} <= texts


def test_unknown_tokens_are_named_once() -> None:
    task, model, _ = tiny_model()
    lines = task.examples(["zebras and a zebras", "yawn"])
    assert unknown_tokens(model, lines) == ["zebras", "yawn"]


def test_lines_are_joined() -> None:
    task, _, _ = tiny_model()
    joined = [join_lines(task.tokenizer, t) for t in ([], [END], ["a"], ["a", END, END, "b", END])]
    assert joined == ["", "", "a", "a\n\nb"]


def test_lengths_are_checked() -> None:
    with pytest.raises(UserError, match="length: found 0"):
        generator(length=0)


# --- commands ------------------------------------------------------------------------------------

OPTIONS = {"units": 8, "epochs": 1, "batch_size": 2, "window": 5, "min_count": 1}


def trained(folder: Path, task: str, options: dict[str, Any], data: dict[str, Path]) -> Path:
    from seqkit.datasets import DataFiles
    from seqkit.options import parse

    host = default_host()
    spec = host.find_task(task)
    run = Run(spec, parse(spec.config, options), data=DataFiles(**data), host=host, output=folder)
    run.load()
    run.build()
    list(run.train())
    run.finish()
    return folder


@pytest.fixture(scope="module")
def model_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lm")
    text = folder / "text.txt"
    text.write_text("\n".join(TEXT * 4), encoding="utf-8")
    return trained(folder / "run", "lm", OPTIONS, {"train": text, "dev": text})


def call(command: Any, *arguments: str) -> Any:
    app = typer.Typer(add_completion=False)
    app.command()(command)
    return CliRunner().invoke(app, list(arguments), catch_exceptions=False)


def test_score_command(model_path: Path) -> None:
    texts = ["a pear and a cake", "a pear and a [red] pair"]
    result = call(create_score(), str(model_path), *texts)
    assert result.exit_code == 0
    assert all(text in result.stdout for text in texts)
    assert "They part after 'a pear and a':" in result.stdout
    assert "unknown to the model, read as <unk>: '[', 'red', ']'" in result.stderr
    assert "[ (unknown)" in result.stdout


def test_score_command_shows_letters_of_hangul_as_people_read_them(tmp_path: Path) -> None:
    text = tmp_path / "text.txt"
    text.write_text("최고 최악\n" * 4, encoding="utf-8")
    options = OPTIONS | {"tokenizer": "jamo", "epochs": 0}
    run = trained(tmp_path / "run", "lm", options, {"train": text, "dev": text})
    result = call(create_score(), str(run), "최고", "최악")
    assert "They part after '최':" in result.stdout
    shown = [line.split()[-1] for line in result.stdout.splitlines() if line.strip()][-2:]
    assert sorted(shown) == ["ㄱ", "ㅇ"]
    result = call(create_score(), str(run), "최고", "쵝오")
    assert "-ㄱ" in result.stdout


def test_score_command_as_json(model_path: Path) -> None:
    texts = ["a pear and a cake", "a pear and a pair"]
    document = json.loads(call(create_score(), str(model_path), *texts, "--json").stdout)
    values = [sentence["log_probability"] for sentence in document["sentences"]]
    assert values == sorted(values, reverse=True)
    assert document["parting"]["tokens"] == ["cake", "pair"]
    result = call(create_score(), str(model_path), *texts, "--json", "--in-order")
    sentences = json.loads(result.stdout)["sentences"]
    assert [sentence["number"] for sentence in sentences] == [1, 2]
    task, model = load_language_model(model_path)
    scored = score_sentences(model, task.examples(texts))
    assert sentences[1]["log_probability"] == pytest.approx(scored[1].log_probability, abs=1e-5)


def test_score_of_one_sentence_parts_nowhere(model_path: Path) -> None:
    result = call(create_score(), str(model_path), "")
    assert result.exit_code == 0
    assert "part" not in result.stdout


def test_adapt_command(model_path: Path, tmp_path: Path) -> None:
    text = tmp_path / "test.txt"
    text.write_text("\n".join(TEXT), encoding="utf-8")
    result = call(create_adapt(), str(model_path), "--data", str(text), "--tune-on", str(text))
    assert result.exit_code == 0
    assert all(name in result.stdout for name in ("plain", "cache", "dynamic + cache"))


def test_adapt_command_as_json(model_path: Path, tmp_path: Path) -> None:
    text = tmp_path / "test.txt"
    text.write_text("\n".join(TEXT), encoding="utf-8")
    arguments = ["--data", str(text), "--cache-size", "7", "--rate", "0.2", "--json"]
    document = json.loads(call(create_adapt(), str(model_path), *arguments).stdout)
    assert document["settings"]["cache"]["size"] == 7
    assert document["settings"]["dynamic"]["learning_rate"] == 0.2
    plain, *_ = document["scores"]
    task, model = load_language_model(model_path)
    wanted = model.evaluate(task.read(text)).headline
    assert plain["evaluation"]["metrics"][0] == wanted.to_json()
    arguments = ["--data", str(text), "--json", "--no-dynamic"]
    fewer = call(create_adapt(), str(model_path), *arguments).stdout
    assert [score["name"] for score in json.loads(fewer)["scores"]] == ["plain", "cache"]


@pytest.mark.parametrize(
    ("arguments", "idle"),
    [
        (["--tune-on", "dev.txt", "--cache-weight", "0.1"], ["--cache-weight"]),
        (
            ["--tune-on", "dev.txt", "--cache-sharpness", "0", "--rate", "0.2"],
            ["--cache-sharpness", "--rate"],
        ),
        (["--no-dynamic", "--rate", "0.5", "--segment", "9"], ["--rate", "--segment"]),
        (["--tune-lines", "5"], ["--tune-lines"]),
    ],
)
def test_adapt_refuses_options_that_would_do_nothing(
    model_path: Path, arguments: list[str], idle: list[str]
) -> None:
    with pytest.raises(UserError, match="wanted it left out: ") as caught:
        call(create_adapt(), str(model_path), "--data", "test.txt", *arguments)
    assert [problem.where for problem in caught.value.problems] == idle


def test_adapt_refuses_an_empty_text(model_path: Path, tmp_path: Path) -> None:
    (tmp_path / "empty.txt").write_text("", encoding="utf-8")
    with pytest.raises(UserError, match=r"empty\.txt: "):
        call(create_adapt(), str(model_path), "--data", str(tmp_path / "empty.txt"))


def test_generate_command(model_path: Path) -> None:
    arguments = [str(model_path), "--prompt", "the baker", "--length", "5", "--seed", "3"]
    result = call(create_generate(), *arguments)
    assert result.stdout.startswith("the baker")
    assert result.stdout == call(create_generate(), *arguments).stdout
    assert not result.stderr


def test_generate_command_as_json(model_path: Path) -> None:
    arguments = ["--prompt", "a zebra", "--samples", "3", "--no-unk", "--json", "--lines", "2"]
    result = call(create_generate(), str(model_path), *arguments)
    texts = [json.loads(line) for line in result.stdout.splitlines()]
    assert len(texts) == 3
    assert all(text["text"].startswith("a zebra") for text in texts)
    assert result.stderr == "unknown to the model, in the prompt read as <unk>: 'zebra'\n"


@pytest.mark.parametrize(
    ("create", "arguments"), [(create_score, ["the baker"]), (create_generate, [])]
)
def test_a_model_whose_weights_are_too_large_to_compute_with_is_named(
    create: Any, arguments: list[str], model_path: Path, tmp_path: Path
) -> None:
    manifest, arrays = read_bundle(model_path)
    wild = {n: np.where(a > 0, 3e38, -3e38).astype(a.dtype) for n, a in arrays.items()}
    write_bundle(tmp_path / "model.safetensors", manifest, wild)
    with pytest.raises(UserError, match=f"{tmp_path}: .* nan"):
        call(create(), str(tmp_path), *arguments)


def test_mistakes_of_generate_come_before_the_model_is_loaded(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="temperature: found -1"):
        call(create_generate(), str(tmp_path / "none"), "--temperature", "-1")


@pytest.mark.parametrize("option", ["--length", "--lines"])
def test_generate_wants_at_least_one_token_and_line(option: str, tmp_path: Path) -> None:
    result = call(create_generate(), str(tmp_path / "none"), option, "0")
    assert result.exit_code == 2
    assert option in result.stderr
    assert "equal to 1" in result.stderr


@pytest.fixture(scope="module")
def classifier_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("classifier")
    data = folder / "train.tsv"
    data.write_text("label\ttext\npositive\tgood\nnegative\tbad\n" * 3, encoding="utf-8")
    options = {"units": 4, "epochs": 1}
    return trained(folder / "run", "sentiment", options, {"train": data, "dev": data})


def test_generate_refuses_options_that_another_model_would_not_look_at(
    classifier_path: Path,
) -> None:
    with pytest.raises(UserError) as caught:
        call(create_generate(), str(classifier_path), "--lines", "7", "--no-unk")
    assert [problem.where for problem in caught.value.problems] == ["--lines", "--no-unk"]


def test_a_model_of_another_task_is_refused(classifier_path: Path) -> None:
    path = classifier_path
    with pytest.raises(UserError, match=r"found a model of the task 'sentiment', wanted"):
        load_language_model(path)
    with pytest.raises(UserError, match=r"run \(sentiment\): found a model that writes no texts"):
        call(create_generate(), str(path), "--prompt", "good")
