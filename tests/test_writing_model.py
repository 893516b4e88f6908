"""What every model that writes gets from the core: batches, loss, search, sampling, scores."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from seqkit.errors import UserError
from seqkit.layers.encoder_decoder import EncoderDecoder
from seqkit.layers.stack import build_recurrent
from seqkit.metrics.evaluation import evaluate
from seqkit.sampling import Sampling
from seqkit.sequences import pack
from seqkit.text import END, Vocabulary, create_tokenizer
from seqkit.writing_model import NetworkInput, OpenlyWritten, WritingModel, Written, fit_texts


@dataclass(frozen=True)
class Options:
    batch_size: int = 2
    label_smoothing: float = 0.0
    beam: int = 3
    n_best: int = 1
    length_penalty: float = 0.0
    max_length: int | None = None

    def sampled_in(self, epoch: int) -> float:
        return 0.1 * epoch


Example = tuple[list[float], list[str]]
EXAMPLES: list[Example] = [([1.0, 2.0], ["가나", "가"]), ([], [""]), ([3.0], ["나다"])]


class Reader(WritingModel[Example]):
    """Writes letters for numbers."""

    def __init__(
        self,
        *,
        open_ended: bool = False,
        dtype: Any = np.float32,
        min_count: int = 1,
        **options: Any,
    ):
        texts = [list(text) for _, texts in EXAMPLES for text in texts]
        fitted = fit_texts(texts, min_count=min_count)
        words = Vocabulary.from_json(fitted["vocabulary"])
        rng = np.random.default_rng(0)
        network = EncoderDecoder.build(
            build_recurrent("gru", 1, 4, rng=rng, dtype=dtype),
            1, len(words), end=words.ids[END], embedding=3, units=4, rng=rng, dtype=dtype,
        )  # fmt: skip
        super().__init__(
            network,
            words,
            create_tokenizer("characters"),
            Options(**options),
            longest=fitted["longest"],
            open_ended=open_ended,
        )
        self.gradients: list[Any] = []

    def read(self, examples):
        packed = pack([np.array(numbers, np.float32).reshape(-1, 1) for numbers, _ in examples])
        return NetworkInput(packed, self.gradients.append)

    def length(self, example):
        return len(example[0])

    def answers(self, example):
        return [list(text) for text in example[1]]


def test_what_is_fitted_are_the_tokens_and_the_longest_text():
    fitted = fit_texts([["가", "나"], [], ["가"]], min_count=2)
    assert fitted["vocabulary"]["words"] == ["<unk>", "<eos>", "가"]
    assert fitted["longest"] == 2
    assert fit_texts([])["longest"] == 0


def test_each_right_answer_is_learnt_from():
    model = Reader()
    batches = model.batches(EXAMPLES, rng=None)
    steps = [model.loss(batches[i]) for i in range(len(batches))]
    assert sum(step.count for step in steps) == 9  # letters and end marks
    assert sum(step.tokens for step in steps) == 9 + 5


def test_the_gradient_of_what_is_read_goes_on():
    model = Reader(dtype=np.float64)
    model.loss([(EXAMPLES[0], ["가"])]).backward(1.0)
    (gradient,) = model.gradients
    assert gradient.data.shape == (2, 1)
    assert gradient.data.any()


def test_the_models_own_tokens_come_with_the_epochs():
    model = Reader()
    batch = [(EXAMPLES[0], ["가", "나"]), (EXAMPLES[2], ["나", "다"])]

    def learn(epoch: int) -> float:
        model.begin_epoch(epoch)
        return model.loss(batch, train=True, rng=np.random.default_rng(0)).total

    assert learn(0) == model.loss(batch).total
    assert learn(9) != learn(0)


def test_an_answer_is_as_long_as_those_of_training_at_most():
    assert all(len(written.tokens) <= 2 for written in Reader().predict(EXAMPLES))
    assert all(len(written.tokens) <= 1 for written in Reader(max_length=1).predict(EXAMPLES))


def test_several_answers_come_the_best_first():
    written = Reader(n_best=3).predict(EXAMPLES)[0]
    scores = [candidate.score for candidate in written.candidates]
    assert len(scores) == 3
    assert scores == sorted(scores, reverse=True)
    assert written.text == written.candidates[0].text
    assert Reader().predict(EXAMPLES)[0].candidates == ()


def test_no_example_no_text():
    assert Reader().predict([]) == []
    assert Reader(open_ended=True).predict([]) == []


# --- drawing -------------------------------------------------------------------------------------


def test_the_nth_text_depends_on_the_seed_and_on_n():
    model = Reader()
    first = model.sample(EXAMPLES[0], sampling=Sampling(), samples=8, seed=3)
    assert model.sample(EXAMPLES[0], sampling=Sampling(), samples=3, seed=3) == first[:3]
    assert len(set(first)) > 1
    assert model.sample(EXAMPLES[0], sampling=Sampling(), samples=8, seed=4) != first


def test_the_unknown_mark_is_never_drawn():
    model = Reader()
    drawn = model.sample(EXAMPLES[0], sampling=Sampling(temperature=9.0), samples=50, length=9)
    assert not any("<unk>" in text for text in drawn)
    assert any(len(text) > 2 for text in drawn)


@pytest.mark.parametrize("length", [0, -1])
def test_a_length_without_a_token_is_refused(length: int):
    with pytest.raises(UserError, match=f"^length: found {length}, wanted at least 1$"):
        Reader().sample(EXAMPLES[0], sampling=Sampling(), length=length)


def test_without_daring_the_likeliest_is_drawn():
    model = Reader(beam=1)
    (drawn,) = model.sample(EXAMPLES[0], sampling=Sampling(temperature=0.0))
    assert drawn == model.predict([EXAMPLES[0]])[0].text


# --- scores --------------------------------------------------------------------------------------


def headline(model: Reader, examples: list[Example], predictions: list[Written]) -> Any:
    scoring = model.score(examples, predictions)
    return evaluate(scoring, resamples=0, rng=np.random.default_rng(0)).headline


def test_one_of_the_right_answers_is_right():
    model = Reader()
    told = [model.told("가"), model.told(""), model.told("다")]
    found = headline(model, EXAMPLES, told)
    assert found.name == "exact match"
    assert found.value == pytest.approx(2 / 3)


def test_open_answers_are_scored_by_how_much_they_surprise():
    model = Reader(open_ended=True)
    predictions = model.predict(EXAMPLES)
    found = headline(model, EXAMPLES, predictions)
    items = [(example, list(example[1][0])) for example in EXAMPLES]
    steps = [model.loss([item]) for item in items]
    for prediction, step in zip(predictions, steps, strict=True):
        assert prediction.gold_log_probability == pytest.approx(-step.total, rel=1e-5)
    mean = sum(step.total for step in steps) / sum(step.count for step in steps)
    assert found.name == "perplexity"
    assert found.value == pytest.approx(np.exp(mean), rel=1e-5)
    assert model.validate(EXAMPLES).value == pytest.approx(found.value)


def test_open_answers_are_scored_with_and_without_unknown_tokens():
    model = Reader(open_ended=True)
    examples: list[Example] = [EXAMPLES[0], ([3.0], ["가힣"])]
    scoring = model.score(examples, model.predict(examples))
    scores = evaluate(scoring, resamples=0, rng=np.random.default_rng(0)).metrics
    found = {metric.name: metric.value for metric in scores}
    surprises = [-values for values in model.gold_log_probabilities(examples) if values is not None]
    whole = np.concatenate(surprises)
    assert scoring.counts["unknown tokens"] == 1
    assert found["perplexity"] == pytest.approx(np.exp(whole.mean()))
    known = np.delete(whole, -2)  # 힣, before the last end mark
    assert found["perplexity without unknown words"] == pytest.approx(np.exp(known.mean()))


def test_perplexities_over_different_vocabularies_have_different_bases():
    def basis(model: Reader) -> str:
        return model.score(EXAMPLES, model.predict(EXAMPLES)).headline.basis

    whole = basis(Reader(open_ended=True))
    assert whole.startswith("characters, a vocabulary of 5 (")
    assert basis(Reader(open_ended=True)) == whole
    assert basis(Reader(open_ended=True, min_count=2)) != whole


def test_the_perplexity_of_certain_answers_is_1():
    model = Reader(open_ended=True)
    told = [
        OpenlyWritten("가나", ("가", "나"), gold_log_probability=0, gold_unknown_log_probability=0)
    ]
    assert headline(model, EXAMPLES[:1], list(told)).value == 1.0


def test_an_input_without_a_gold_answer_surprises_nobody():
    model = Reader(open_ended=True)
    written = model.predict([([1.0], []), *EXAMPLES])
    assert written[0].gold_log_probability is None
    assert None not in [each.gold_log_probability for each in written[1:]]


def test_inputs_without_gold_answers_cannot_be_scored():
    model = Reader()
    examples: list[Example] = [EXAMPLES[0], ([1.0], [])]
    with pytest.raises(UserError, match="found 1 of 2 inputs without a gold answer"):
        model.score(examples, model.predict(examples))


def test_the_commonest_answer_is_a_baseline():
    model = Reader()
    (baseline,) = model.baselines([*EXAMPLES, ([], ["나다"])])
    assert [written.text for written in baseline.predict(EXAMPLES[:2])] == ["나다", "나다"]


def test_the_baseline_of_open_answers_is_a_distribution_over_texts():
    model = Reader(open_ended=True)
    (baseline,) = model.baselines(EXAMPLES)
    (known, unknown) = baseline.predict([([], ["가"]), ([], ["힣"])])
    assert known.gold_log_probability is not None
    assert unknown.gold_log_probability is not None
    assert unknown.gold_log_probability < known.gold_log_probability < 0


def test_what_is_written_is_counted():
    model = Reader()
    assert model.counts([*EXAMPLES, ([1.0], ["힣"])]) == {
        "inputs": 4,
        "answers": 5,
        "answer tokens": 6,
        "unknown answer tokens": 1,
    }


def test_a_vocabulary_without_its_marks_is_refused():
    model = Reader()
    with pytest.raises(UserError, match="the marks <unk> and <eos> are missing"):
        WritingModel.__init__(
            model, model.network, Vocabulary(("a",), ()), model.tokenizer, Options(), longest=1
        )
