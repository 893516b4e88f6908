"""A first answer comes soon: little is imported for it, and no garbage is looked for meanwhile."""

import gc
import subprocess
import sys
from pathlib import Path

import pytest

from seqkit.cli.startup import begin_work, postpone_collection


@pytest.fixture
def collecting():
    gc.enable()
    yield
    gc.unfreeze()
    gc.enable()


def test_garbage_waits_until_work_begins(collecting):
    postpone_collection()
    assert not gc.isenabled()
    begin_work()
    assert gc.isenabled()
    assert gc.get_freeze_count()


def test_who_collects_no_garbage_is_left_at_that(collecting):
    gc.disable()
    postpone_collection()
    begin_work()
    assert not gc.isenabled()


def test_a_command_in_this_process_changes_nothing_about_garbage(collecting, seqkit):
    frozen = gc.get_freeze_count()
    assert seqkit("tasks").status == 0
    assert gc.isenabled()
    assert gc.get_freeze_count() == frozen


def test_a_prediction_imports_nothing_that_only_scoring_reading_or_showing_needs(tmp_path: Path):
    train = [sys.executable, "-m", "seqkit", "run", "sentiment", "--epochs", "1", "--output", "m"]
    subprocess.run([*train, "--units", "4", "--quiet"], cwd=tmp_path, check=True)
    code = (
        "import sys; from seqkit.cli import run_command_line;"
        "run_command_line(['predict', 'm', '--threads', '2', 'a text']);"
        "print(*sys.modules, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    loaded = set(done.stderr.split())
    assert '"label"' in done.stdout
    assert "seqkit.label_model" in loaded
    assert not loaded & {"rich", "pydantic", "sklearn", "numba"}
    assert not loaded & {"seqkit.runs", "seqkit.training.trainer"}
    assert not loaded & {"seqkit.metrics.measures", "seqkit.text.readers"}
