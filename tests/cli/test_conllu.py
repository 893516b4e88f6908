"""A treebank goes through ``seqkit predict`` with nothing changed but the tags."""

from pathlib import Path

import pytest

from seqkit.cli import run_command_line

SAMPLE = Path(__file__).parents[2] / "seqkit" / "samples" / "pos-en"


def test_ranges_empty_nodes_and_comments_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    quick = ["--epochs", "1", "--units", "8", "--character-units", "4", "--quiet"]
    assert run_command_line(["run", "pos", "--output", "model", *quick]) == 0
    capsys.readouterr()
    treebank = SAMPLE / "test.conllu"
    assert (
        run_command_line(["predict", "model", "--input", str(treebank), "--format", "conllu"]) == 0
    )
    found = capsys.readouterr().out.rstrip("\n").split("\n")
    gold = treebank.read_text(encoding="utf-8").rstrip("\n").split("\n")
    assert [without_upos(line) for line in found] == [without_upos(line) for line in gold]


def without_upos(line: str) -> list[str]:
    cells = line.split("\t")
    return cells[:3] + cells[4:]
