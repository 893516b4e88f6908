"""What is read of frames, the gradients of the whole models, and which mode fits which data."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from seqkit.errors import UserError
from seqkit.metrics import evaluate
from seqkit.parameters import unique_parameters
from seqkit.testing.gradients import gradient_error
from tools import KINDS, described, frames, labelled, model_of, named, task_of, transcribed

from seqkit_frames.classifier import Classifier
from seqkit_frames.examples import Example, Gold
from seqkit_frames.inputs import Inputs, fit_inputs
from seqkit_frames.transducer import Transducer


def total_loss(model: Any, examples: list[Example], backward: bool = False) -> Any:
    batches = model.batches(examples, rng=None)
    steps = [model.loss(batches[i]) for i in range(len(batches))]
    for step in steps:
        if backward:
            step.backward(1.0)
    return sum(step.total for step in steps)


CELLS = [("lstm", "gru"), ("gru", "rnn"), ("rnn", "lstm")]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("encoder", "decoder"), CELLS)
@pytest.mark.parametrize("attention", ["additive", "dot", "none"])
def test_the_gradient_of_the_whole_model_is_right(
    kind: str, encoder: str, decoder: str, attention: str
) -> None:
    examples = KINDS[kind]()
    pooling = {"additive": ("attention", "last"), "dot": ("max",), "none": ("mean",)}[attention]
    model = model_of(
        examples, encoder=encoder, decoder=decoder, attention=attention, pooling=pooling, stack=2
    )
    rng = np.random.default_rng(1)
    for _, parameter in unique_parameters(model.parameters()):
        noise = rng.normal(scale=0.5, size=parameter.value.shape)
        parameter.value = parameter.value.astype(np.float64) + noise
        parameter.zero_grad()
    total_loss(model, examples, backward=True)
    errors = gradient_error(lambda: total_loss(model, examples), model.parameters(), entries=30)
    assert max(errors.values()) < 1e-10, errors


# --- inputs --------------------------------------------------------------------------------------


def test_features_get_the_mean_and_deviation_of_training() -> None:
    train = labelled()
    packed = Inputs(fit_inputs(train)).pack(train)
    np.testing.assert_allclose(packed.data.mean(axis=0), 0.0, atol=1e-6)
    np.testing.assert_allclose(packed.data.std(axis=0), 1.0, rtol=1e-5)
    assert packed.lengths.tolist() == [5, 0, 1, 2]


def test_a_feature_that_never_changes_keeps_its_scale() -> None:
    train = [Example.of(np.array([[1.0, 7.0], [3.0, 7.0]]), "a")]
    resources = fit_inputs(train)
    assert resources == {"mean": [2.0, 7.0], "deviation": [1.0, 1.0]}
    other = Inputs(resources).pack([Example.of(np.array([[2.0, 8.0]]), "b")])
    assert other.data.tolist() == [[0.0, 1.0]]


def test_stacked_frames_repeat_the_last_one_to_fill_up() -> None:
    inputs = Inputs({"mean": [0.0], "deviation": [1.0]}, stack=3)
    examples = [Example.of(np.arange(1.0, t + 1)[:, None], f"{t}") for t in (4, 0, 3)]
    first, second, third = inputs.pack(examples).unpack()
    assert first.tolist() == [[1, 2, 3], [4, 4, 4]]
    assert second.shape == (0, 3)
    assert third.tolist() == [[1, 2, 3]]
    assert [inputs.length(example) for example in examples] == [2, 0, 1]


def test_an_unknown_condition_is_a_vector_of_zeros() -> None:
    inputs = Inputs(fit_inputs(named()))
    packed = inputs.pack([*named()[:2], Example.of("Klingon", "line")])
    assert packed.flatten().tolist() == [[0, 1], [1, 0], [0, 0]]
    assert inputs.counts([Example.of("Klingon", "line")]) == {"unknown conditions": 1}


def test_frames_of_another_width_are_refused_by_name() -> None:
    inputs = Inputs(fit_inputs(labelled()))
    wrong = [Example.of(frames(2, features=4), "speech.wav"), Example.of("Korean", "line")]
    with pytest.raises(UserError) as caught:
        inputs.pack([labelled()[0], *wrong])
    assert [str(problem) for problem in caught.value.problems] == [
        "speech.wav: found 4 features, wanted 3",
        "found 'Korean', wanted a .wav or .npy file, or frames of 3 features",
    ]
    with pytest.raises(UserError, match=r"a\.wav: found frames, wanted the name of one of 2"):
        Inputs(fit_inputs(named())).pack([Example.of(frames(2), "a.wav")])


@pytest.mark.parametrize(
    "train",
    [[], [Example.of([], "empty")], [labelled()[0], named()[0]]],
    ids=["nothing", "no frame", "frames and conditions"],
)
def test_training_that_cannot_be_learnt_from_is_refused(train: list[Example]) -> None:
    for mode in ("auto", "classify", "transcribe", "generate"):
        with pytest.raises(UserError):
            task_of(mode=mode).fit(train)


@pytest.mark.parametrize(
    "resources",
    [
        {},
        {"conditions": []},
        {"mean": [0.0], "deviation": [0.0]},
        {"mean": [0.0], "deviation": [1.0, 1.0]},
        {"mean": [0.0], "deviation": [float("nan")]},
    ],
)
def test_inconsistent_resources_are_refused(resources: dict[str, Any]) -> None:
    with pytest.raises(UserError, match="wanted conditions, or means"):
        Inputs(resources)


# --- modes ---------------------------------------------------------------------------------------


def without_names_of_gold(examples: list[Example]) -> list[Example]:
    task = task_of()
    inputs = [task.input(example) for example in examples]
    return task.examples(inputs, [example.gold.answer for example in examples])


def test_data_that_name_their_gold_answers_choose_the_mode() -> None:
    modes = {kind: task_of().mode_of(make()) for kind, make in KINDS.items()}
    assert modes == {
        "classify": "classify",
        "transcribe": "transcribe",
        "vectors": "generate",
        "conditions": "generate",
    }


def test_other_data_choose_by_what_repeats() -> None:
    assert task_of().mode_of(without_names_of_gold(labelled())) == "classify"
    assert task_of().mode_of(without_names_of_gold(transcribed())) == "transcribe"
    assert task_of().mode_of(without_names_of_gold(described())) == "generate"
    assert task_of().mode_of(without_names_of_gold(named() * 9)) == "generate"


def test_the_options_overrule_the_data() -> None:
    assert isinstance(model_of(transcribed(), mode="classify"), Classifier)
    model = model_of(labelled(), mode="generate")
    assert isinstance(model, Transducer)
    assert model.describe()["encoder"] == "none: a vector begins the decoder"
    with pytest.raises(UserError, match="found only the label 'a', wanted at least two"):
        task_of().fit([Example.of(frames(2), "x", Gold("a", "label"))])


def test_a_sequence_that_texts_are_generated_for_is_read_as_its_mean() -> None:
    model = model_of(labelled(), mode="generate")
    sequence = labelled()[0]
    mean = Example.of(sequence.frames.mean(axis=0), "mean")
    first, second = model.predict([sequence, mean])
    assert first.tokens == second.tokens
    assert first.log_probability == pytest.approx(second.log_probability, rel=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_gold_answers_are_perfect_whatever_the_data_call_them(kind: str) -> None:
    examples = KINDS[kind]()
    task, model = task_of(), model_of(examples)
    gold = [task.gold(example) for example in examples]
    metrics = evaluate(model.score(examples, gold), resamples=0, rng=np.random.default_rng(0))
    assert metrics.headline.value == 1.0
    assert [task.answer(found) for found in gold] == [e.gold.answer for e in examples]


def test_what_nobody_calls_a_label_or_a_text_has_no_perfect_answer() -> None:
    example = replace(KINDS["classify"]()[0], gold=Gold("up"))
    assert task_of().gold(example) is None
    assert task_of(mode="classify").gold(example).label == "up"
    assert task_of(mode="transcribe").gold(example).text == "up"
