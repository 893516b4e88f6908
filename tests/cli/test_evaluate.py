"""``seqkit evaluate --errors`` and ``--against``: what people and programs see."""

import json
from pathlib import Path

import pytest


@pytest.fixture
def data() -> str:
    """Gold data with two wrong labels, and words that the toy task has not met."""
    path = Path("gold.tsv")
    lines = [
        "yes\t좋아요 fine w1",
        "no\tfine w1 [gloriously]",
        "yes\tbad 나빠요 슬프다",
        "no\tbad 나빠요",
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(path)


@pytest.fixture
def other(seqkit, trained) -> str:
    """A second model: the first, before it had learnt anything."""
    assert seqkit("run", "toy", "--output", "other", "--epochs", "0", "--quiet").status == 0
    return "other"


def test_the_worst_items_are_shown_with_gold_predicted_and_unknown_words(seqkit, trained, data):
    done = seqkit("evaluate", trained, "--data", data, "--errors", "5")
    assert done.status == 0
    lines = done.out[done.out.index("Worst items") :].splitlines()
    shown = [line.rstrip() for line in lines]
    assert "    3 bad 나빠요 [슬프다]" in shown
    assert "    2 fine w1 [[gloriously]]" in shown
    assert any(line.startswith("      gold no, predicted yes (0.") for line in shown)
    assert shown[-1] == "  [ ] marks what the model does not know"


def test_a_long_text_is_wrapped_beside_its_number(seqkit, trained):
    Path("long.tsv").write_text("no\t" + "좋아요 fine " * 40 + "\n", encoding="utf-8")
    out = seqkit("evaluate", trained, "--data", "long.tsv", "--errors", "1").out
    lines = out[out.index("Worst items") :].splitlines()[1:-1]
    assert lines[0].startswith("    1 좋아요")
    assert len(lines) > 3
    assert all(line.startswith("      ") for line in lines[1:])


def test_a_bound_on_the_items(seqkit, trained, data):
    done = seqkit("evaluate", trained, "--data", data, "--errors", "1")
    assert done.out.count("gold ") == 1


def test_no_item_is_wrong(seqkit, trained):
    done = seqkit("evaluate", trained, "--data", "toy-sample", "--errors", "3")
    assert done.out.endswith("No item is wrong\n")


def test_the_worst_items_as_json(seqkit, trained, data):
    found = json.loads(seqkit("evaluate", trained, "--data", data, "--errors", "5", "--json").out)
    assert found["evaluation"]["metrics"][0]["value"] == 0.5
    by_number = {item["number"]: item for item in found["errors"]}
    assert by_number.keys() == {2, 3}
    assert by_number[3]["unknown"] == ["슬프다"]
    assert by_number[3]["gold"] == by_number[3]["mistakes"][0]["gold"] == "yes"
    assert "errors" not in json.loads(seqkit("evaluate", trained, "--data", data, "--json").out)


def test_two_models_side_by_side(seqkit, trained, other, data):
    done = seqkit("evaluate", trained, "--against", other, "--data", data)
    assert done.status == 0
    assert done.out.startswith(f"toy on {data}, 4 items\n  A  {trained}\n  B  {other}\n")
    assert "in how many paired resamples A is better" in done.out
    assert "by accuracy, A is better on" in done.out


def test_two_models_as_json(seqkit, trained, other):
    command = ("evaluate", trained, "--against", other, "--data", "toy-sample", "--json")
    found = json.loads(seqkit(*command, "--items", "2").out)
    assert (found["task"], found["a"], found["b"]) == ("toy", trained, other)
    comparison = found["comparison"]
    (accuracy,) = comparison["measures"]
    assert accuracy["a"]["value"] == 1.0
    assert accuracy["difference"] == pytest.approx(1.0 - accuracy["b"]["value"])
    assert comparison["a_better"] == round(24 * accuracy["difference"])
    assert len(comparison["parted"]) == min(2, comparison["a_better"])
    assert json.loads(seqkit(*command, "--items", "0").out)["comparison"]["parted"] == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--errors", "3", "--against", "other"], "--errors: shows the worst items of one model;"),
        (["--items", "3"], "--items: it is for --against, which compares two models"),
    ],
)
def test_options_that_do_not_go_together(seqkit, trained, options, message):
    done = seqkit("evaluate", trained, "--data", "toy-sample", *options)
    assert (done.status, done.out) == (2, "")
    assert done.err.startswith(message)


def test_a_second_model_that_is_not_there(seqkit, trained):
    done = seqkit("evaluate", trained, "--against", "nowhere", "--data", "toy-sample")
    assert (done.status, done.out) == (2, "")
    assert "nowhere" in done.err
