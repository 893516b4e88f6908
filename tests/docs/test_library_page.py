"""The page about the library: its blocks are run in their order, as one program."""

import re
from pathlib import Path
from typing import Any

import pytest

import seqkit
import seqkit.bundle
import seqkit.layers
import seqkit.optim

PAGE = (Path(__file__).parents[2] / "docs" / "library.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)
TABLE = PAGE.partition("## Coming from")[2].partition("## Estimators")[0]


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What each block printed, all run in one empty folder."""
    names: dict[str, Any] = {}
    said: list[str] = []
    names["print"] = lambda *values: said.append(" ".join(map(str, values)))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("library"))
        for number, block in enumerate(BLOCKS):
            exec(compile(block, f"library.md block {number}", "exec"), names)
    return said


def test_the_blocks_print_what_their_comments_say(printed: list[str]) -> None:
    wanted = re.findall(r"^print\(.*\)  # (.*)$", "\n".join(BLOCKS), flags=re.MULTILINE)
    assert wanted == ["[1, 0]", "True"]
    assert [line for line in printed if line in wanted] == wanted


def test_the_loss_of_the_model_on_the_page_falls(printed: list[str]) -> None:
    losses = [float(line.split()[1]) for line in printed[:10]]
    assert losses[-1] < 0.1 < losses[0]


def test_the_estimator_on_the_page_answers_with_a_label(printed: list[str]) -> None:
    assert printed[-1] in ("[0 1] 0", "[0 1] 1")


@pytest.mark.parametrize(
    "name",
    [
        "LSTM",
        "Stack",
        "Bidirectional",
        "pack",
        "Embedding",
        "softmax_cross_entropy",
        "clip_by_norm",
        "bundle_arrays",
        "fill_parameters",
    ],
)
def test_a_name_in_the_table_for_newcomers_is_one_that_there_is(name: str) -> None:
    assert re.search(rf"`{name}\b", TABLE)
    places = [seqkit, seqkit.layers, seqkit.optim, seqkit.bundle]
    assert any(hasattr(place, name) for place in places)
