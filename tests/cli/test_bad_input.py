"""Bad input to the real tasks: a clear error that names the place, and nothing lost."""

import resource
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from seqkit.bundle import PluginVersion, read_bundle, write_bundle
from seqkit.cli import run_command_line
from tests.cli.conftest import Done

GOOD = "label\ttext\n" + "".join(
    f"{label}\t{word} {i}\n"
    for i in range(12)
    for label, word in (("good", "fine"), ("bad", "dull"))
)
QUICK = ("--epochs", "1", "--units", "4", "--embedding", "4", "--quiet")


@pytest.fixture(autouse=True)
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("good.tsv").write_text(GOOD, encoding="utf-8")
    return tmp_path


@pytest.fixture
def seqkit(capsys: pytest.CaptureFixture[str]):
    def call(*arguments: str) -> Done:
        status = run_command_line(arguments)
        return Done(status, *capsys.readouterr())

    return call


@pytest.fixture
def model(seqkit) -> str:
    assert seqkit("run", "sentiment", "--data", "good.tsv", "--output", "model", *QUICK).status == 0
    return "model"


@pytest.mark.parametrize(
    ("content", "arguments", "message"),
    [
        (None, (), "--data bad.tsv: no such file or folder"),
        (b"", (), "bad.tsv: the file is empty"),
        (b"label\ttext\n", (), "bad.tsv"),
        (
            GOOD.encode(),
            ("--text-column", "txt"),
            "bad.tsv:1: there is no column 'txt'; did you mean",
        ),
        (
            b"label\ttext\ngood\tfine\ngood\tnice\ngood\twell\ngood\ttop\n",
            (),
            "at least two labels",
        ),
        (b"label\ttext\ngood\tfi\0ne\nbad\tdull\n", (), "bad.tsv:2: "),
        (b"label\ttext\ngood\tcaf\xe9\nbad\tdull\n", (), "byte 19"),
        (b"label\ttext\ngood fine\nbad\tdull\nbad dull\n", (), "bad.tsv:4: "),
    ],
    ids=[
        "missing",
        "empty",
        "header only",
        "wrong column",
        "one label",
        "NUL",
        "wrong encoding",
        "columns missing",
    ],
)
def test_data_that_cannot_be_used(
    seqkit, content: bytes | None, arguments: tuple[str, ...], message: str
) -> None:
    if content is not None:
        Path("bad.tsv").write_bytes(content)
    done = seqkit("run", "sentiment", "--data", "bad.tsv", "--output", "out", *arguments, *QUICK)
    assert done.status == 2
    assert message in done.err
    assert "Traceback" not in done.err
    assert not Path("out/model.safetensors").exists()


@pytest.mark.parametrize("command", ["run sentiment", "data check", "tune"])
def test_an_option_without_its_value_is_told_with_its_command(seqkit, command):
    done = seqkit(*command.split(), "--data")
    assert done.status == 2
    assert done.err.splitlines() == [
        f"seqkit {command}: Option '--data' requires an argument.",
        f"'seqkit {command} --help' shows what there is",
    ]


def test_an_encoder_that_nobody_offers_is_told_with_its_option(seqkit) -> None:
    done = seqkit("run", "sentiment", "--data", "good.tsv", "--encoder", "lsmt")
    said = "--encoder: found 'lsmt', no such encoder; did you mean 'lstm'?\n"
    assert (done.status, done.err) == (2, said)


def test_bad_lines_of_all_files_are_told_together(seqkit) -> None:
    Path("a.tsv").write_bytes(b"label\ttext\nno tab\ngood\tfine\n")
    Path("b.tsv").write_bytes(b"label\ttext\ngood\tfine\nnone here either\n")
    done = seqkit("run", "sentiment", "--train", "a.tsv", "--dev", "b.tsv", *QUICK)
    assert done.status == 2
    assert "a.tsv:2: " in done.err
    assert "b.tsv:3: " in done.err


def test_a_line_of_100_000_tokens_is_read_whole(seqkit) -> None:
    Path("long.tsv").write_text(GOOD + "good\t" + "fine " * 100_000 + "\n", encoding="utf-8")
    done = seqkit("run", "sentiment", "--data", "long.tsv", "--output", "out", *QUICK[:-1])
    assert done.status == 0
    assert "100,0" in done.err


def test_an_output_that_cannot_be_made_is_refused_before_training(seqkit) -> None:
    Path("file").write_text("", encoding="utf-8")
    done = seqkit("run", "sentiment", "--data", "good.tsv", "--output", "file/run", *QUICK)
    assert done.status == 2
    assert "file/run" in done.err
    assert "epoch" not in done.err


def test_a_full_disk_is_said_and_leaves_no_half_file(workplace: Path) -> None:
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))

    command = "-m seqkit run sentiment --data good.tsv --output out --epochs 1"
    done = subprocess.run(
        [sys.executable, *command.split()],
        preexec_fn=limit,
        capture_output=True,
        text=True,
        check=False,
        cwd=workplace,
    )
    assert done.returncode == 2
    assert "cannot be written" in done.stderr
    assert "Traceback" not in done.stderr
    assert not [path.name for path in (workplace / "out").glob("*.safetensors*")]


@pytest.mark.parametrize("text", ["", "zzz qqq", "😀", "\u200b"])
def test_text_that_says_nothing_is_answered_all_the_same(seqkit, model: str, text: str) -> None:
    done = seqkit("predict", model, text)
    assert done.status == 0
    assert '"label"' in done.out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["adapt", "x", "--data", "y", "--rate", "-1"], "--rate: found -1.0, wanted at least 0"),
        (["adapt", "x", "--data", "y", "--segment", "0"], "--segment: found 0, wanted at least 1"),
        (["generate", "x", "--temperature", "-1"], "--temperature: found -1.0, wanted at least 0"),
        (["generate", "x", "--top-k", "0"], "--top-k: found 0, wanted at least 1"),
    ],
)
def test_a_setting_out_of_range_is_told_with_its_option(seqkit, arguments, said) -> None:
    done = seqkit(*arguments)
    assert (done.status, done.err) == (2, said + "\n")


def test_a_model_that_writes_nothing_is_refused_by_its_path_and_task(seqkit, model: str) -> None:
    done = seqkit("generate", model, "--prompt", "zzz")
    found = "found a model that writes no texts, wanted one of a task that does\n"
    assert (done.status, done.err) == (2, f"model (sentiment): {found}")


def test_a_model_of_another_task_is_refused(seqkit, model: str) -> None:
    done = seqkit("score", model, "a sentence")
    assert done.status == 2
    assert "sentiment" in done.err
    assert "language-modelling" in done.err


def test_a_file_that_is_no_model_is_refused(seqkit) -> None:
    done = seqkit("predict", "good.tsv", "a text")
    assert done.status == 2
    assert "good.tsv" in done.err


def test_a_model_cut_short_is_refused(seqkit, model: str) -> None:
    path = Path(model) / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-10])
    done = seqkit("predict", model, "a text")
    assert done.status == 2
    assert "model.safetensors" in done.err


def test_a_wrong_file_to_evaluate_on_is_refused(seqkit, model: str) -> None:
    Path("words.tsv").write_text("a\tb\tc\n", encoding="utf-8")
    done = seqkit("evaluate", model, "--data", "words.tsv")
    assert done.status == 2
    assert "words.tsv" in done.err


def test_what_a_model_file_says_of_itself_is_shown_and_not_obeyed(seqkit, model):
    place = Path(model) / "model.safetensors"
    manifest, arrays = read_bundle(place)
    origin = PluginVersion("seqkit-\x1b[2Jodd", "1.0\u202e")
    write_bundle(place, replace(manifest, task="\x1b]0;title\x07", plugin=origin), arrays)
    done = seqkit("predict", model, "fine")
    assert done.status == 2
    assert r"install seqkit-\x1b[2Jodd (it was 1.0\u202e)" in done.err
    assert not {"\x1b", "\x07", "\u202e"} & {*done.err}
