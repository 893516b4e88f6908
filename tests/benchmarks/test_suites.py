import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from benchmarks.__main__ import main, warn_if_chosen
from benchmarks.children import run_child
from benchmarks.corpora import FILES, find_corpus
from benchmarks.lengths import DOCUMENTS, NAMES, batches_of, lengths_of
from benchmarks.machine import SPEEDS, faster
from benchmarks.suites import SUITES, chosen_suites, load_suite
from benchmarks.training import train

ROOT = Path(__file__).parents[2]


def test_a_name_may_be_the_beginning_of_several() -> None:
    assert [suite.name for suite in chosen_suites(["bilstm-f", "lstm"])] == [
        "lstm",
        "bilstm-forward",
    ]
    assert len(chosen_suites(["bilstm"])) == 3
    assert chosen_suites([]) == list(SUITES)


def test_unknown_names_are_refused_with_the_likely_one(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as refused:
        main(["lsmt"])
    assert refused.value.code == 2
    assert "did you mean 'lstm'?" in capsys.readouterr().err


@pytest.mark.parametrize("threads", ["0", "two", ""])
def test_bad_threads_are_refused(threads: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["lstm", "--threads", threads])
    assert "--threads wants numbers from 1" in capsys.readouterr().err


def test_an_epoch_that_is_none_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as refused:
        main(["epochs", "--only", "sentimnt"])
    assert refused.value.code == 2
    assert "--only: no epoch has 'sentimnt' in its name; there are" in capsys.readouterr().err


def test_every_suite_is_there_and_needs_no_torch_to_be_imported() -> None:
    code = (
        "import sys; from benchmarks.suites import SUITES, load_suite; "
        "assert all(callable(load_suite(suite)) for suite in SUITES); "
        "assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
    assert all(load_suite(suite).__doc__ for suite in SUITES)


def test_who_has_chosen_openblas_kernels_is_told(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENBLAS_CORETYPE", raising=False)
    warn_if_chosen(Console(width=300))
    assert capsys.readouterr().out == ""
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Haswell")
    warn_if_chosen(Console(width=300))
    assert "OPENBLAS_CORETYPE=Haswell" in capsys.readouterr().out


@pytest.mark.parametrize("name", NAMES)
def test_lengths_without_data(name: str) -> None:
    lengths = lengths_of(name, None)
    means = {"ud-english-ewt": 16.3, "mr-polarity": 21.0, "nsmc": 35.2, DOCUMENTS: 230.0}
    assert lengths.min() >= 1
    assert lengths.mean() == pytest.approx(means[name], rel=0.1)


def test_batches_of_similar_length_are_alike_and_shuffled_ones_are_not() -> None:
    lengths = lengths_of("mr-polarity", None)
    spreads = {}
    for similar in (True, False):
        batches = batches_of(lengths, 32, similar=similar, tokens=8_000, most=16)
        assert {len(batch) for batch in batches} == {32}
        assert sum(map(np.sum, batches)) == pytest.approx(8_000, rel=0.2)
        spreads[similar] = np.mean([batch.std() for batch in batches])
    assert spreads[True] < spreads[False] / 2


def test_a_corpus_is_made_up_where_there_is_none(tmp_path: Path) -> None:
    corpus = find_corpus("mr-polarity", None, tmp_path, quick=True)
    lines = corpus.train.read_text(encoding="utf-8").splitlines()
    assert corpus.name == "mr-polarity (made up)"
    assert lines[0] == "label\ttext"
    assert {line.split("\t")[0] for line in lines[1:]} == {"positive", "negative"}
    assert corpus.dev.exists()
    assert set(FILES) >= {"ud-english-ewt", "nsmc", "wikitext-2"}


@pytest.mark.parametrize("compiled", [False, True])
def test_seqkits_side_of_an_epoch(tmp_path: Path, compiled: bool) -> None:
    corpus = find_corpus("mr-polarity", None, tmp_path, quick=True)
    told = {"task": "sentiment", "train": str(corpus.train), "dev": str(corpus.dev)}
    told |= {"options": {"units": 4, "word_ngrams": 0, "character_ngrams": 0}}
    told |= {"epochs": 2, "threads": 1, "limit": 50, "dev_limit": 20, "compiled": compiled}
    found = train(told)
    assert len(found["epochs"]) == 2
    assert found["tokens"] > 50
    assert found["metric"] == "accuracy"
    assert 0 <= found["score"] <= 1


def test_the_higher_peak_counts() -> None:
    before = {"cores": 2, **{name: {"1": 5.0, "2": 1.0} for name in SPEEDS}}
    after = {"cores": 2, **{name: {"1": 4.0, "2": 3.0} for name in SPEEDS}}
    assert faster(before, after)["gflops"] == {"1": 5.0, "2": 3.0}
    assert faster(before, after)["cores"] == 2


@pytest.mark.skipif(sys.platform == "win32", reason="children are started by posix_spawn")
def test_a_child_does_not_inherit_its_parents_memory() -> None:
    held = np.ones(20_000_000)  # 160 MB
    child = run_child([sys.executable, "-S", "-c", "print('hello')"], threads=1)
    assert child.output == "hello\n"
    assert 0 < child.megabytes < 100
    assert child.seconds > 0
    assert held.any()


@pytest.mark.skipif(sys.platform == "win32", reason="children are started by posix_spawn")
def test_a_child_that_fails_says_why() -> None:
    with pytest.raises(RuntimeError, match="no luck"):
        run_child([sys.executable, "-S", "-c", "raise SystemExit('no luck')"], threads=1)
