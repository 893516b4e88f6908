"""What the README shows is run, in its order, in one empty folder."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
SAMPLES = ROOT / "seqkit" / "samples" / "sentiment-en"
COMMANDS = [
    line[2:]
    for block in re.findall(r"```console\n(.*?)```", README, flags=re.DOTALL)
    for line in block.splitlines()
    if line.startswith("$ ")
]
PYTHON = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty folder with the files that the README calls one's own."""
    folder = tmp_path_factory.mktemp("readme")
    for split in ("train", "dev", "test"):
        (folder / f"{split}.tsv").write_bytes((SAMPLES / f"{split}.tsv").read_bytes())
        prose = SAMPLES.parent / "prose-en" / f"{split}.txt"
        (folder / prose.name).write_bytes(prose.read_bytes())
    reviews = (SAMPLES / "train.tsv").read_text(encoding="utf-8")
    (folder / "reviews.tsv").write_text(
        reviews.replace("label\ttext", "stars\treview", 1), encoding="utf-8"
    )
    return folder


def run(command: list[str], folder: Path, to: Path | None = None) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    if to is not None:
        to.write_text(done.stdout, encoding="utf-8")
    return done.stdout


@pytest.mark.parametrize("number", range(len(COMMANDS)), ids=lambda n: COMMANDS[n][:40])
def test_command(number: int, workplace: Path) -> None:
    words = shlex.split(COMMANDS[number])
    assert words.pop(0) == "seqkit"
    to = None
    if ">" in words:
        to = workplace / words[-1]
        words = words[: words.index(">")]
    # The samples of the two larger tasks take a minute; two epochs show that the command is right.
    quick = ["--epochs", "2"] if words[0] == "run" and "--config" not in words else []
    assert run([sys.executable, "-m", "seqkit", *words, *quick], workplace, to).strip()


@pytest.mark.parametrize("number", range(3))
def test_a_python_block_runs_by_itself(number: int, tmp_path: Path) -> None:
    assert run([sys.executable, "-c", PYTHON[number]], tmp_path).strip()


def test_all_python_blocks_are_run() -> None:
    assert len(PYTHON) == 3
