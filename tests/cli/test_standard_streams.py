"""Streams that are closed, full or gone: work goes on without stderr, and fails without stdout."""

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import pytest

from tests.cli.toy import write_data

RUN = ("run", "toy", "--output", "saved")


@contextmanager
def pipe_without_reader() -> Iterator[TextIO]:
    read, write = os.pipe()
    os.close(read)
    with open(write, "w", buffering=1) as stream:
        yield stream


@contextmanager
def full_disk() -> Iterator[TextIO]:
    with open("/dev/full", "w", buffering=1) as stream:
        yield stream


needs_full = pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")


@pytest.mark.parametrize("broken", [pipe_without_reader, pytest.param(full_disk, marks=needs_full)])
def test_training_goes_on_where_stderr_cannot_be_written(seqkit, monkeypatch, broken):
    with broken() as stream:
        monkeypatch.setattr(sys, "stderr", stream)
        done = seqkit(*RUN)
    assert done.status == 0
    assert "toy: accuracy" in done.out
    assert Path("saved/model.safetensors").exists()


@pytest.mark.parametrize("name", ["stdin", "stdout", "stderr"])
def test_a_stream_that_the_shell_has_closed_is_not_missed(seqkit, monkeypatch, name):
    monkeypatch.setattr(sys, name, None)
    assert seqkit(*RUN).status == 0
    assert Path("saved/report.json").exists()


def test_closed_input_holds_no_texts(seqkit, monkeypatch, trained):
    monkeypatch.setattr(sys, "stdin", None)
    done = seqkit("predict", trained)
    assert (done.status, done.out) == (0, "")


@pytest.mark.parametrize("encoding", ["ascii", "cp949", "cp1252"])
def test_a_report_is_printed_whole_where_stdout_is_not_utf8(
    seqkit, monkeypatch, tmp_path, encoding
):
    data = write_data(tmp_path / "données 데이터")
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding=encoding))
    done = seqkit(*RUN, "--data", str(data))
    sys.stdout.flush()
    assert (done.status, "Error" in done.err) == (0, False)
    said = written.getvalue().decode(encoding)
    assert "toy: accuracy" in said
    assert "seqkit predict saved" in said
    assert (r"\ub098" in said) == (encoding != "cp949")


@needs_full
@pytest.mark.parametrize("arguments", [["tasks"], ["--help"], ["data", "--json"]])
def test_results_that_cannot_be_written_are_a_failure(seqkit, monkeypatch, arguments):
    with full_disk() as stream:
        monkeypatch.setattr(sys, "stdout", stream)
        done = seqkit(*arguments)
    assert done.status == 2
    assert done.err.startswith("standard output: cannot be written: the disk is full; free some")


def test_a_reader_of_results_that_has_seen_enough_is_no_failure(seqkit, monkeypatch):
    with pipe_without_reader() as stream:
        monkeypatch.setattr(sys, "stdout", stream)
        done = seqkit("tasks")
    assert (done.status, done.err) == (0, "")
