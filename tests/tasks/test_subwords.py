"""The built-in tasks where words are read in pieces."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import seqkit
from seqkit.errors import UserError
from seqkit.plugins import default_host
from seqkit.testing import TASK_CHECKS
from seqkit.testing.checks import run_check
from seqkit.testing.subject import TaskSubject
from seqkit.text.vocabulary import END
from seqkit_tasks.language_modelling.config import LanguageModellingConfig
from seqkit_tasks.language_modelling.generation import Generator
from seqkit_tasks.language_modelling.scoring import score_sentences
from seqkit_tasks.sentiment.config import SentimentConfig
from tests.tasks.language_models import TEXT, tiny_model
from tests.tasks.test_sentiment import small_model

pytest.importorskip("tokenizers", reason="the extra seqkit[subwords] is not installed")

KOREAN = ["영화가 재미있다", "영화는 재미없다", "재미있는 영화", "영화를 봤다"]


def test_sentiment_is_trained_saved_and_used(tmp_path: Path) -> None:
    data = tmp_path / "data.tsv"
    rows = [f"{'good' if i % 2 else 'bad'}\t{KOREAN[i % 4]} {i}" for i in range(40)]
    data.write_text("\n".join(["label\ttext", *rows]), encoding="utf-8")
    small = {"epochs": 2, "units": 8, "subwords": 60}
    seqkit.train("sentiment", data=data, output=tmp_path / "run", **small)
    model = seqkit.load(tmp_path / "run")
    assert model.model.describe()["vocabulary"].endswith(" pieces of words")
    assert model.evaluate(data).counts["texts"] == 40
    together = model.predict_proba([*KOREAN, "", "새 영화 🙂"])
    alone = np.concatenate([model.predict_proba([text]) for text in [*KOREAN, "", "새 영화 🙂"]])
    assert together == pytest.approx(alone, abs=1e-6)


def test_a_text_is_as_long_as_its_pieces_and_unknown_words_are_whole() -> None:
    _, model, examples = small_model(KOREAN, ["a", "b", "a", "b"], subwords=20)
    assert model.length(examples[0]) == len(model.vocabulary.cut(examples[0].tokens)) > 2
    assert model.counts(examples)["tokens"] == sum(len(e.tokens) for e in examples)
    new = small_model(KOREAN, ["a", "b", "a", "b"], subwords=20)[0].examples(["영화가 싫다"])[0]
    assert model.unknown_tokens(new) == ["싫다"]


def test_each_piece_has_the_share_of_its_word() -> None:
    options = {"subwords": 20, "word_ngrams": 1, "token_evidence": True}
    _, model, examples = small_model(KOREAN, ["a", "b", "a", "b"], **options)
    model.prepare(examples)
    shares = model.encode(examples[:1]).shares.data
    sizes = [len(model.vocabulary.cut([word])) for word in examples[0].tokens]
    assert len(shares) == sum(sizes) > 2
    assert (shares[: sizes[0]] == shares[0]).all()
    assert (shares[sizes[0] :] == shares[-1]).all()


def test_a_line_is_worth_its_pieces_and_its_end() -> None:
    _, model, lines = tiny_model(subwords=30)
    for line, alone in zip(lines, score_sentences(model, lines), strict=True):
        assert alone.tokens == (*model.vocabulary.cut(line.tokens), END)
        assert len(alone.log_probabilities) == len(alone.tokens)
    predicted = model.predict(lines)
    counts = model.counts(lines)
    assert sum(len(line.tokens) for line in predicted) == counts["tokens"]
    (found, *_) = model.evaluate(lines, resamples=10).metrics
    assert found.name == "bits per character"
    nats = -sum(line.log_probability for line in predicted)
    assert found.value == pytest.approx(nats / np.log(2) / counts["characters"])


def test_written_text_is_of_whole_words() -> None:
    task, model, _ = tiny_model(subwords=30)
    written = Generator(task=task, model=model, length=30, lines=3).write(
        "the baker", rng=np.random.default_rng(0)
    )
    assert written.text.startswith("the baker")
    assert "▁" in "".join(written.tokens)
    assert "▁" not in written.text


def test_a_task_that_cuts_words_does_not_know_the_pieces_of_a_perfect_prediction() -> None:
    text = [line for line in TEXT if line] * 4
    task, _, lines = tiny_model(text, subwords=30)
    assert task.gold(lines[0]) is None
    (check,) = [c for c in TASK_CHECKS if c.name == "gold-predictions-score-perfectly"]
    subject = TaskSubject(default_host().find_task("lm"), lines, options={"subwords": 30})
    record = run_check(check, subject)
    assert record.status == "skipped"
    assert "Task.gold" in record.reason


def test_perplexities_over_pieces_and_over_words_are_not_compared() -> None:
    _, pieces, lines = tiny_model(subwords=30)
    _, words, _ = tiny_model()
    scorings = [model.score(lines, model.predict(lines)) for model in (pieces, words)]
    assert len({scoring.measure("perplexity").basis for scoring in scorings}) == 2


def test_fewer_pieces_than_characters_are_refused() -> None:
    with pytest.raises(UserError, match=r"subwords: found 5, wanted more than \d+: so many are"):
        tiny_model(["가나다라 마바사아", "가나다라 마바사아"], subwords=5)


@pytest.mark.parametrize("config", [SentimentConfig, LanguageModellingConfig])
@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"tokenizer": "jamo"}, "found with the tokenizer 'jamo', whose tokens are cut"),
        ({"max_vocabulary": 100}, "found with subwords, which is the size itself"),
    ],
)
def test_what_does_not_go_with_subwords_is_refused(
    config: Any, options: dict[str, Any], said: str
) -> None:
    with pytest.raises(UserError, match=said):
        config(subwords=50, **options)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"vectors": "file.vec"}, "vectors are of whole words"),
        ({"init_from": "run", "extend_vocabulary": True}, "not learnt from it"),
    ],
)
def test_pretrained_words_do_not_go_with_pieces(options: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError, match=said):
        SentimentConfig(subwords=50, **options)
