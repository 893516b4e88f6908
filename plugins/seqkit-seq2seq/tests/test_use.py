"""What its users do with it: train on the sample, load, predict, look at the attention."""

from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest
import seqkit
from seqkit.cli import run_command_line

Shell = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that has looked at the sample for a moment."""
    folder = tmp_path_factory.mktemp("runs") / "first"
    report = seqkit.train("seq2seq", output=folder, epochs=1, units=8, embedding=8)
    assert report.data.sample
    assert [baseline.name for baseline in report.baselines] == [
        "copy of the source",
        "answer to the nearest source",
    ]
    return folder


@pytest.fixture
def shell(capsys: pytest.CaptureFixture[str]) -> Shell:
    """Run a command line in this process."""

    def call(*arguments: str) -> tuple[int, str, str]:
        status = run_command_line([str(argument) for argument in arguments])
        return status, *capsys.readouterr()

    return call


def test_a_loaded_model_predicts(run: Path) -> None:
    texts = ["오후 세 시 반", "", "unknown ☃"]
    written = seqkit.load(run).predict(texts)
    assert [type(answer).__name__ for answer in written] == ["Written"] * 3
    assert written[1].text == ""


def test_attention_is_shown_in_the_terminal(run: Path, shell: Shell) -> None:
    status, out, _ = shell("attention", run, "세 시", "--target", "03:00")
    lines = out.splitlines()
    assert status == 0
    assert lines[0] == "03:00"
    assert lines[1].split() == ["세", "시"]
    assert [line[0] for line in lines[2:8]] == list("03:00⏎")


def test_attention_is_written_as_a_picture(run: Path, shell: Shell, tmp_path: Path) -> None:
    picture = tmp_path / "picture.svg"
    status, out, _ = shell("attention", run, "세 시", "--target", "03:00", "--output", picture)
    assert (status, out) == (0, "")
    texts = [text.text for text in ElementTree.parse(picture).iter() if text.tag.endswith("text")]
    assert texts == ["세", " ", "시", *"03:00", "⏎"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["", "--output", "a.svg"], "found no tokens in it"),
        (["세 시", "--output", "a.png"], "wanted a name ending in .svg"),
    ],
)
def test_what_cannot_be_drawn_is_told(
    run: Path, shell: Shell, arguments: list[str], said: str
) -> None:
    status, _, err = shell("attention", run, *arguments)
    assert status == 2
    assert said in err


@pytest.mark.parametrize("attention", ["dot", "none"])
def test_a_run_suggests_to_look_at_attention_where_there_is_some(
    shell: Shell, tmp_path: Path, attention: str
) -> None:
    small = ("--epochs", 0, "--units", 4, "--attention", attention)
    status, out, _ = shell("run", "seq2seq", "--output", tmp_path / "run", *small)
    assert status == 0
    assert "  seqkit predict" in out
    assert ("  seqkit attention" in out) == (attention != "none")


def test_a_model_without_attention_has_none_to_show(shell: Shell, tmp_path: Path) -> None:
    seqkit.train("seq2seq", output=tmp_path / "run", epochs=0, units=4, attention="none")
    status, _, err = shell("attention", tmp_path / "run", "세 시")
    assert status == 2
    assert "no attention to show" in err
