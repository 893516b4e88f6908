"""The language modelling task: options, reading, training, scores and baselines."""

import math
import tomllib
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqkit.errors import UserError
from seqkit.options import parse
from seqkit.parameters import unique_parameters
from seqkit.sequences import pack
from seqkit.testing.gradients import gradient_error
from seqkit.text.vocabulary import END, UNKNOWN
from seqkit.training.step import NonFiniteError
from seqkit.training.trainer import Trainer
from seqkit_tasks.language_modelling import seqkit_commands, seqkit_datasets, seqkit_tasks
from seqkit_tasks.language_modelling.config import LanguageModellingConfig
from seqkit_tasks.language_modelling.lines import Line, encode_stream
from seqkit_tasks.language_modelling.model import LanguageModel
from seqkit_tasks.language_modelling.task import LanguageModellingTask
from tests.tasks.language_models import SMALL, TEXT, tiny_model

TOKENS = sum(len(line.split()) + 1 for line in TEXT)


# --- what the plugin offers, and its options -----------------------------------------------------


def test_offers() -> None:
    (spec,) = seqkit_tasks()
    assert (spec.name, spec.aliases, spec.sample) == ("language-modelling", ("lm",), "prose-en")
    assert isinstance(spec.create(LanguageModellingConfig()), LanguageModellingTask)
    assert [command.name for command in seqkit_commands()] == ["score", "adapt", "generate"]
    (dataset,) = seqkit_datasets()
    task = LanguageModellingTask(LanguageModellingConfig())
    files = dataset.files()
    for path in (files.train, files.dev, files.test):
        assert path is not None
        assert task.read(path)


def test_bidirectional_is_refused_with_the_reason() -> None:
    with pytest.raises(
        UserError, match=r"^bidirectional: .* predicts each token from those before"
    ):
        parse(LanguageModellingConfig, {"bidirectional": True})


def test_tied_weights_need_equal_widths() -> None:
    with pytest.raises(UserError, match=r"^embedding: found 10 with 200 units: tied weights"):
        parse(LanguageModellingConfig, {"embedding": 10})
    assert LanguageModellingConfig(embedding=200).embedding_width == 200
    assert LanguageModellingConfig(units=7).embedding_width == 7
    assert LanguageModellingConfig(embedding=10, tied=False).embedding_width == 10


def test_mistakes_are_reported_together() -> None:
    with pytest.raises(UserError) as caught:
        parse(LanguageModellingConfig, {"bidirectional": True, "embedding": 3, "windows": 9})
    assert len(caught.value.problems) == 3


RECIPES = sorted((Path(__file__).parents[2] / "docs" / "recipes").glob("language-modelling*.toml"))


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_recipes_are_valid(path: Path) -> None:
    assert parse(LanguageModellingConfig, tomllib.loads(path.read_text(encoding="utf-8"))).tied


# --- reading and vocabulary ----------------------------------------------------------------------


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(("blank_lines", "lines"), [(True, 4), (False, 2)])
def test_blank_lines_count_by_option(tmp_path: Path, blank_lines: bool, lines: int) -> None:
    task = LanguageModellingTask(LanguageModellingConfig(blank_lines=blank_lines))
    read = task.read(write(tmp_path / "a.txt", "\none two\n \nthree\n"))
    assert len(read) == lines
    assert sum(len(line.tokens) for line in read) == 3


def test_equal_tokens_are_one_object(tmp_path: Path) -> None:
    path = write(tmp_path / "a.txt", "the sea\nthe sea\n")
    first, second = LanguageModellingTask(LanguageModellingConfig()).read(path)
    assert all(a is b for a, b in zip(first.tokens, second.tokens, strict=True))


@pytest.mark.parametrize(
    ("tokenizer", "text", "known"),
    [
        ("words", ["a a b"], {"a"}),
        ("whitespace", ["a a b"], {"a"}),
        ("whitespace", ["a a b <unk>"], {"a", "b"}),
        ("characters", ["aab"], {"a", "b"}),
    ],
)
def test_default_minimum_count(tokenizer: str, text: list[str], known: set[str]) -> None:
    task = LanguageModellingTask(parse(LanguageModellingConfig, {"tokenizer": tokenizer}))
    resources = task.fit(task.examples(text))
    assert set(resources["vocabulary"]["words"]) == {UNKNOWN, END, *known}


def test_fit_refuses_nothing() -> None:
    with pytest.raises(UserError, match="no lines"):
        LanguageModellingTask(LanguageModellingConfig()).fit([])


def test_build_refuses_a_vocabulary_without_marks() -> None:
    task = LanguageModellingTask(LanguageModellingConfig())
    resources = {"vocabulary": {"words": ["<unk>", "a"], "specials": ["<unk>"]}}
    with pytest.raises(UserError, match="wanted <unk> and <eos>"):
        task.build(resources, rng=np.random.default_rng(0))


def test_counts_include_end_marks() -> None:
    _, model, lines = tiny_model(min_count=2)
    assert model.counts(lines) == {
        "lines": 6,
        "tokens": TOKENS,
        "unknown tokens": 5,
        "characters": sum(len(line) + 1 for line in TEXT),
    }


@pytest.mark.realdata
@pytest.mark.parametrize(
    ("split", "tokens"), [("train", 2_088_628), ("valid", 217_646), ("test", 245_569)]
)
def test_wikitext_counts(realdata: Callable[[str], Path], split: str, tokens: int) -> None:
    task = LanguageModellingTask(LanguageModellingConfig(tokenizer="whitespace"))
    lines = task.read(realdata(f"wikitext-2/{split}.txt"))
    assert sum(len(line.tokens) + 1 for line in lines) == tokens
    if split == "train":
        assert len(task.fit(lines)["vocabulary"]["words"]) == 33_278


# --- learning ------------------------------------------------------------------------------------


def random_state(model: LanguageModel, batch: int) -> Any:
    rng = np.random.default_rng(5)
    zero = model.initial_state(batch)
    return type(zero)(*(rng.normal(size=array.shape) for array in zero))  # type: ignore[call-arg]


@pytest.mark.parametrize("encoder", ["rnn", "lstm", "gru"])
@pytest.mark.parametrize("tied", [True, False])
def test_gradients_of_the_whole_model(encoder: str, tied: bool) -> None:
    embedding = None if tied else 3
    options = {"tied": tied, "embedding": embedding, "dropout": 0.4, "layer_dropout": 0.3}
    _, model, lines = tiny_model(encoder=encoder, word_dropout=0.2, **options)
    window = model.batches(lines, rng=None)[1]
    state = random_state(model, 3)

    def loss() -> Any:
        return model.loss(window, state, train=True, rng=np.random.default_rng(9))

    loss().backward(0.7)
    errors = gradient_error(lambda: 0.7 * loss().total, model.parameters(), method="central")
    assert ("output.w" in errors) != tied
    assert max(errors.values()) < 1e-7


@pytest.mark.parametrize("tied", [True, False])
def test_gradients_with_a_sample_of_the_words(tied: bool) -> None:
    korean = ("고양이 가 잔다", "", "개 가 고양이 를 본다")
    _, model, lines = tiny_model((*TEXT, *korean), tied=tied, sampled_words=4)
    window = model.batches(lines, rng=None)[1]

    def loss() -> Any:
        return model.loss(window, train=True, rng=np.random.default_rng(9))

    exact = model.loss(window, train=False).total
    assert loss().total != pytest.approx(exact, rel=1e-6)
    loss().backward(0.7)
    errors = gradient_error(lambda: 0.7 * loss().total, model.parameters(), method="central")
    assert max(errors.values()) < 1e-6


@pytest.mark.parametrize("penalties", [(2.0, 0.0), (0.0, 1.0), (2.0, 1.0)])
def test_gradients_with_penalties_on_the_outputs(penalties: tuple[float, float]) -> None:
    size, change = penalties
    options = {"activity_penalty": size, "slowness_penalty": change, "dropout": 0.4}
    _, model, lines = tiny_model(**options)
    window = model.batches(lines, rng=None)[1]

    def loss() -> Any:
        return model.loss(window, train=True, rng=np.random.default_rng(9))

    loss().backward(0.7)
    errors = gradient_error(lambda: 0.7 * loss().total, model.parameters(), method="central")
    assert max(errors.values()) < 1e-6
    _, plain, _ = tiny_model(dropout=0.4)
    assert model.loss(window).total == plain.loss(window).total
    trained = plain.loss(window, train=True, rng=np.random.default_rng(9)).total
    assert loss().total > trained


def test_scores_do_not_know_of_the_sample() -> None:
    _, sampled, lines = tiny_model(sampled_words=4)
    _, whole, _ = tiny_model()
    assert sampled.predict(lines) == whole.predict(lines)
    assert "learns from 4 at a time" in sampled.describe()["output"]
    assert "learns from" not in whole.describe()["output"]


@pytest.mark.parametrize("words", [None, 1000])
def test_a_sample_of_all_words_is_no_sample(words: int | None) -> None:
    _, model, _ = tiny_model(sampled_words=words)
    assert model.sampler is None


def total_loss(model: LanguageModel, lines: Sequence[Line]) -> tuple[float, int]:
    """Add up the losses and gradients of all windows, with carried state."""
    total, count, state = 0.0, 0, None
    for parameter in dict(model.parameters()).values():
        parameter.zero_grad()
    for window in model.batches(lines, rng=None):
        step = model.loss(window, state)
        step.backward(1.0)
        total, count, state = total + step.total, count + step.count, step.state
    return total, count


def test_a_window_as_long_as_the_text_is_full_backpropagation() -> None:
    def gradients(window: int) -> dict[str, Any]:
        _, model, lines = tiny_model(batch_size=1, window=window)
        losses.append(total_loss(model, lines)[0])
        return {name: p.grad.copy() for name, p in unique_parameters(model.parameters())}

    losses: list[float] = []
    exact, longer, cut = gradients(TOKENS), gradients(1000), gradients(4)
    assert losses == pytest.approx([losses[0]] * 3, rel=1e-12)
    for name in exact:
        np.testing.assert_array_equal(exact[name], longer[name])
    assert any(np.abs(exact[name] - cut[name]).max() > 1e-6 for name in exact)


def test_full_backpropagation_has_the_right_gradient() -> None:
    _, model, lines = tiny_model(batch_size=1, window=1000)
    total_loss(model, lines)
    (window,) = model.batches(lines, rng=None)
    errors = gradient_error(lambda: model.loss(window).total, model.parameters(), method="central")
    assert max(errors.values()) < 1e-7


@given(
    streams=st.integers(1, 40),
    window=st.integers(1, 40),
    lines=st.lists(st.sampled_from(TEXT), min_size=0, max_size=6),
    shuffled=st.booleans(),
)
def test_every_token_is_a_target_once(
    streams: int, window: int, lines: list[str], shuffled: bool
) -> None:
    task, model, _ = tiny_model(batch_size=streams, window=window)
    examples = task.examples(lines)
    windows = model.batches(examples, rng=np.random.default_rng(3) if shuffled else None)
    met = [id_ for window_ in windows for id_ in window_.targets.data.tolist()]
    ids, lengths = encode_stream(model.vocabulary, examples)
    assert Counter(met) == Counter(ids[1:].tolist())
    assert len(met) == lengths.sum()
    assert all(window_.inputs.batch == streams for window_ in windows)
    assert all(window_.inputs.steps <= window for window_ in windows)


def test_epochs_begin_at_different_lines() -> None:
    _, model, lines = tiny_model()
    firsts = [
        model.batches(lines, rng=np.random.default_rng(seed))[0].targets.data.tolist()
        for seed in range(8)
    ]
    assert len(set(map(tuple, firsts))) > 1
    again = model.batches(lines, rng=np.random.default_rng(0))[0].targets.data.tolist()
    assert again == firsts[0]


def test_a_resumed_run_hands_over_a_plain_tuple() -> None:
    _, model, lines = tiny_model()
    first, second = model.batches(lines, rng=None)[:2]
    state = model.loss(first).state
    assert state is not None
    assert model.loss(second, tuple(state)).total == model.loss(second, state).total


def test_tied_weights_are_one_parameter_that_sums_both_uses() -> None:
    _, tied, lines = tiny_model(tied=True)
    _, untied, _ = tiny_model(tied=False)
    assert tied.output.w is tied.encoder.embedding.table
    assert untied.output.w is not untied.encoder.embedding.table
    ours = dict(unique_parameters(tied.parameters()))
    theirs = dict(unique_parameters(untied.parameters()))
    assert theirs.keys() - ours.keys() == {"output.w"}
    for name, parameter in ours.items():
        theirs[name].value[...] = parameter.value
    theirs["output.w"].value[...] = tied.output.w.value
    assert total_loss(tied, lines) == total_loss(untied, lines)
    both = theirs["encoder.embedding.table"].grad + theirs["output.w"].grad
    np.testing.assert_allclose(tied.output.w.grad, both, rtol=1e-12)


def test_unequal_values_do_not_matter_to_tying() -> None:
    _, model, _ = tiny_model(tied=False)
    model.output.w.value[...] = model.encoder.embedding.table.value
    assert "output.w" in dict(unique_parameters(model.parameters()))


# --- scores --------------------------------------------------------------------------------------


def test_evaluation_does_not_depend_on_the_streams() -> None:
    results = []
    for batch_size, window in [(1, 1000), (3, 4), (20, 35), (7, 1)]:
        _, model, lines = tiny_model(batch_size=batch_size, window=window)
        results.append(model.predict(lines))
    assert all(result == results[0] for result in results)


def test_evaluation_is_what_one_stream_learns_from() -> None:
    _, model, lines = tiny_model(batch_size=1)
    total, count = total_loss(model, lines)
    predictions = model.predict(lines)
    assert count == TOKENS == sum(len(line.tokens) for line in predictions)
    assert sum(line.log_probability for line in predictions) == pytest.approx(-total, rel=1e-12)
    evaluation = model.evaluate(lines, resamples=0)
    assert evaluation.headline.name == "perplexity"
    assert evaluation.headline.value == pytest.approx(math.exp(total / count), rel=1e-12)
    assert evaluation.counts["tokens"] == count


def test_scoring_windows_do_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    _, model, lines = tiny_model()
    whole = model.predict(lines)
    monkeypatch.setattr("seqkit_tasks.language_modelling.model.SCORING_WINDOW", 5)
    for one, other in zip(whole, model.predict(lines), strict=True):
        assert one.log_probabilities == pytest.approx(other.log_probabilities, abs=1e-12)


def test_lines_know_their_tokens() -> None:
    _, model, lines = tiny_model(min_count=2)
    for line, scored in zip(lines, model.predict(lines), strict=True):
        assert scored.tokens == (*line.tokens, END)
        assert scored.log_probability == pytest.approx(sum(scored.log_probabilities))
        nats = -scored.log_probability / len(scored.tokens)
        assert scored.perplexity == pytest.approx(math.exp(nats))
        unknown = [i for i, token in enumerate(line.tokens) if token not in model.vocabulary]
        assert list(scored.unknown) == unknown


def set_to_zero(model: LanguageModel) -> None:
    for _, parameter in model.parameters():
        parameter.value[...] = 0.0


def test_a_uniform_model_has_the_perplexity_of_its_vocabulary() -> None:
    _, model, lines = tiny_model(min_count=2)
    set_to_zero(model)
    evaluation = model.evaluate(lines, resamples=0)
    size = len(model.vocabulary)
    assert evaluation.metric("perplexity").value == pytest.approx(size)
    assert evaluation.metric("perplexity without unknown words").value == pytest.approx(size)
    characters = model.counts(lines)["characters"]
    bits = TOKENS * math.log2(size) / characters
    assert evaluation.metric("bits per character").value == pytest.approx(bits)


@pytest.mark.parametrize("tokenizer", ["characters", "jamo"])
def test_characters_are_scored_in_bits(tokenizer: str) -> None:
    _, model, lines = tiny_model(tokenizer=tokenizer)
    set_to_zero(model)
    headline = model.evaluate(lines, resamples=0).headline
    assert headline.name == "bits per character"
    assert headline.value == pytest.approx(math.log2(len(model.vocabulary)))


def test_bits_per_character_do_not_depend_on_how_the_text_was_typed() -> None:
    task, model, _ = tiny_model(["한글 문장", "다른 문장"], tokenizer="characters")
    found = []
    for form in ("NFC", "NFD"):
        typed = [unicodedata.normalize(form, text) for text in ("한글 문장", "다른 문장")]
        evaluation = model.evaluate(task.examples(typed), resamples=0)
        found.append((evaluation.headline.value, evaluation.counts))
    assert found[0] == found[1]
    assert found[0][1]["characters"] == 12


@pytest.mark.parametrize("tokenizer", ["words", "characters"])
def test_baselines_score_the_same_tokens(tokenizer: str) -> None:
    task, model, lines = tiny_model(tokenizer=tokenizer, min_count=2)
    dev = task.examples(["the pear sells a whale", "", "a sea"])
    own = model.predict(dev)
    baselines = list(model.baselines(lines))
    names = ["interpolated Kneser-Ney trigram", "interpolated Kneser-Ney 5-gram"]
    assert [b.name for b in baselines] == names
    counts = model.score(dev, own).counts
    for baseline in baselines:
        predicted = baseline.predict(dev)
        assert [p.tokens for p in predicted] == [p.tokens for p in own]
        assert [p.unknown for p in predicted] == [p.unknown for p in own]
        assert model.score(dev, predicted).counts == counts


def test_a_distribution_adds_up() -> None:
    _, model, lines = tiny_model()
    ids, _ = encode_stream(model.vocabulary, lines)
    exact = model.log_probabilities(ids)
    state = None
    for i in range(6):
        scores, state = model.log_distribution(pack([ids[i : i + 1]]), state)
        assert np.exp(scores).sum() == pytest.approx(1.0)
        assert scores[0, ids[i + 1]] == pytest.approx(exact[i], abs=1e-12)


# --- odd texts -----------------------------------------------------------------------------------

ODD = {
    "empty": ["", "", ""],
    "one token": ["sea"],
    "one word, often": ["a a a a a a a a"],
    "korean": ["값이 없다", "밥을 먹었다 ㅋㅋㅋ"],
    "emoji": ["👩‍👩‍👧‍👦 and 👍🏽", "🇰🇷"],
    "right to left": ["שלום עולם"],
}


@pytest.mark.parametrize("tokenizer", ["words", "whitespace", "characters", "jamo"])
@pytest.mark.parametrize("text", ODD.values(), ids=ODD.keys())
def test_odd_texts(tokenizer: str, text: list[str]) -> None:
    task, model, lines = tiny_model(text, tokenizer=tokenizer, batch_size=20, window=35)
    total, count = total_loss(model, lines)
    assert math.isfinite(total)
    predictions = model.predict(lines)
    assert count == sum(len(line.tokens) for line in predictions)
    assert -sum(line.log_probability for line in predictions) > 0
    for line in lines:
        assert task.tokenizer.join(line.tokens) == line.text
    for baseline in model.baselines(lines):
        assert len(baseline.predict(lines)) == len(lines)


def test_an_empty_line_is_a_lone_end_mark() -> None:
    task, model, _ = tiny_model()
    (scored,) = model.predict(task.examples([""]))
    assert scored.tokens == (END,)
    assert len(scored.log_probabilities) == 1


def test_all_unknown() -> None:
    task, model, _ = tiny_model()
    lines = task.examples(["zebras yawn"])
    (scored,) = model.predict(lines)
    assert scored.unknown == (0, 1)
    counts = model.score(lines, [scored]).counts
    assert (counts["unknown tokens"], counts["tokens"]) == (2, 3)


def test_no_lines_at_all() -> None:
    _, model, _ = tiny_model()
    assert model.predict([]) == []
    assert len(model.batches([], rng=np.random.default_rng(0))) == 0


def test_lines_as_tsv() -> None:
    task, model, lines = tiny_model()
    (scored,) = model.predict(lines[3:4])
    number, perplexity, text = task.formats["tsv"](lines[3], scored).split("\t")
    assert float(number) == pytest.approx(scored.log_probability, abs=1e-3)
    assert float(perplexity) == pytest.approx(scored.perplexity, abs=1e-2)
    assert text == "the sea"
    (broken,) = task.examples(["the\nsea\t"])
    assert task.formats["tsv"](broken, scored).split("\t")[2:] == ["the sea "]


def test_a_model_that_diverges_says_so_and_no_warnings() -> None:
    options = {**SMALL, "learning_rate": 1e25, "clip_norm": 0.0, "epochs": 3}
    task = LanguageModellingTask(LanguageModellingConfig(**options))
    lines = task.examples(TEXT) * 5
    model = task.build(task.fit(lines), rng=np.random.default_rng(0))
    trainer = Trainer(model, task.config, seed=0, validate=lambda: ("perplexity", 1.0, False))
    with pytest.raises(NonFiniteError, match="lower learning_rate, set a clip_norm"):
        list(trainer.run(lines))
