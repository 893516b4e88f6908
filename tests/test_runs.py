import json
import os
import subprocess
import sys
import tomllib
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import seqkit
from seqkit.bundle import MODEL_NAME, read_bundle
from seqkit.datasets import DataFiles
from seqkit.errors import UserError
from seqkit.kernels.compiled import missing, use_compiled
from seqkit.loading import load
from seqkit.options import parse
from seqkit.plugins import PluginHost
from seqkit.reports import RunReport
from seqkit.run_folder import CHECKPOINT_NAME as CHECKPOINT
from seqkit.runs import Run, train
from seqkit.training.checkpoints import load_checkpoint
from seqkit.training.reports import EpochReport, StepReport
from seqkit.training.step import NonFiniteError

HOST = PluginHost.discover({"SEQKIT_DISABLE_PLUGINS": "all"})
SMALL: dict[str, Any] = {"embedding": 6, "units": 5, "epochs": 3, "batch_size": 8}
NOUNS = ["film", "story", "plot", "music", "scene", "actor", "end", "song", "joke", "voice"]
NOUNS += ["light", "sound"]
FILES = ["checkpoint.safetensors", "config.toml", "log.jsonl", "model.safetensors", "report.json"]


def write_texts(path: Path, nouns: list[str], *more: str) -> None:
    lines = ["label\ttext", *more]
    for noun in nouns:
        lines += [f"good\ta good {noun} in part {len(lines)}", f"bad\ta dull {noun}"]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder with train, dev and test files of 24, 6 and 7 texts."""
    folder = tmp_path / "reviews"
    folder.mkdir()
    write_texts(folder / "train.tsv", NOUNS)
    write_texts(folder / "dev.tsv", NOUNS[:3])
    write_texts(folder / "test.tsv", NOUNS[3:6], "good\tan unheard-of masterpiece")
    return folder


def start(data: Path, output: Path | None = None, *, seed: int = 0, **options: Any) -> Run:
    from seqkit.datasets import find_files

    spec = HOST.find_task("sentiment")
    config = parse(spec.config, SMALL | options)
    return Run(spec, config, data=find_files(data), output=output, seed=seed, host=HOST)


def go_through(run: Run, *, stop: Callable[[], bool] = lambda: False) -> RunReport:
    run.load()
    run.build()
    for _ in run.train(stop=stop):
        pass
    return run.finish()


def history(report: RunReport) -> list[dict[str, Any]]:
    """The epochs without what the clock says."""
    timeless = [asdict(epoch) for epoch in report.epochs]
    return [{k: v for k, v in epoch.items() if "seconds" not in k} for epoch in timeless]


def after(steps: int) -> Callable[[], bool]:
    """Ask to stop after so many steps."""
    asked = iter(range(steps - 1))
    return lambda: next(asked, None) is None


# --- a run and its report -------------------------------------------------------------------------


def test_the_stages_tell_what_happens(data: Path) -> None:
    run = start(data)
    summary = run.load()
    assert [(split.name, split.counts["texts"]) for split in summary.splits] == [
        ("train", 24),
        ("dev", 6),
        ("test", 7),
    ]
    model = run.build()
    assert model.parameters == sum(p.value.size for _, p in run.model.parameters())
    assert model.megabytes > 0
    reports = list(run.train())
    assert sum(isinstance(report, StepReport) for report in reports) == 3 * 3
    assert [r.epoch for r in reports if isinstance(r, EpochReport)] == [1, 2, 3]
    assert run.finish().best_epoch in (1, 2, 3)


def test_a_score_never_stands_alone(data: Path) -> None:
    report = go_through(start(data))
    assert report.split == "test"
    assert report.evaluation.counts["texts"] == 7
    assert report.evaluation.headline.interval is not None
    assert [b.name.split()[0] for b in report.baselines] == ["majority", "TF-IDF", "the"]
    for baseline in report.baselines:
        assert baseline.evaluation.counts["texts"] == 7
        assert baseline.evaluation.headline.interval is not None


def test_the_report_says_what_a_careful_reader_wants_to_know(data: Path) -> None:
    report = go_through(start(data, seed=3))
    assert (report.task, report.seed, report.stopped) == ("sentiment", 3, "all epochs done")
    assert report.config["units"] == 5
    assert report.data.name == "reviews"
    assert not report.data.sample
    assert {"seqkit", "python", "numpy"} <= report.versions.keys()
    assert report.kernels == "NumPy"
    assert report.seconds > 0
    assert report.peak_megabytes > 10
    assert report.machine.endswith(" cores")
    assert 0 < report.training_seconds < report.seconds
    assert report.to_json()["training_seconds"] == report.training_seconds
    assert "vocabularies and labels were fitted on the training split only" in report.notices


@pytest.mark.skipif(missing() is not None, reason=str(missing()))
def test_a_report_names_the_kernels(data: Path) -> None:
    with use_compiled():
        report = go_through(start(data))
    assert report.to_json()["kernels"].startswith(
        "products, LSTM, pooling, dropout and optimisers by numba"
    )


def test_texts_that_also_stand_in_train_are_counted_and_said(data: Path) -> None:
    report = go_through(start(data))
    seen = {split.name: split.seen_in_train for split in report.data.splits}
    assert seen == {"train": 0, "dev": 6, "test": 3}
    assert "6 examples of dev also stand in train" in report.notices


def test_the_vocabulary_is_of_the_training_split_only(data: Path) -> None:
    run = start(data)
    test = run.load().splits[2]
    assert "dull" in run.model.vocabulary
    assert "masterpiece" not in run.model.vocabulary
    assert test.counts["unknown tokens"] >= 2


def test_without_test_the_report_scores_dev_and_says_so(data: Path) -> None:
    (data / "test.tsv").unlink()
    report = go_through(start(data))
    assert report.split == "dev"
    assert report.evaluation.counts["texts"] == 6
    assert any("no test split" in notice for notice in report.notices)


def test_the_text_to_try_the_model_on_is_short(data: Path) -> None:
    family = "\N{MAN}\N{ZERO WIDTH JOINER}\N{WOMAN}"
    write_texts(data / "test.tsv", [], f"good\t{'so ' * 99}", "good\ta short one")
    (run := start(data)).load()
    assert run.example_text == "a short one"
    write_texts(data / "test.tsv", [], f"good\ta{family * 9999}")
    (run := start(data)).load()
    assert run.example_text == f"a{family * 332}"


def test_a_report_names_gold_labels_that_training_did_not_have(data: Path) -> None:
    test = data / "test.tsv"
    test.write_text(test.read_text("utf-8") + "mixed\tso so\n", encoding="utf-8")
    report = go_through(start(data))
    assert "gold labels that training did not have, which count as wrong: mixed" in report.notices


def test_epochs_may_be_compared_on_the_first_examples_of_dev(data: Path) -> None:
    # The first two texts of dev have swapped labels, the other four have not.
    write_texts(data / "dev.tsv", NOUNS[:3])
    lines = (data / "dev.tsv").read_text(encoding="utf-8").splitlines()
    lines[1:3] = [f"bad{lines[1].removeprefix('good')}", f"good{lines[2].removeprefix('bad')}"]
    (data / "dev.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    scores = {}
    for limit in (2, 6, None):
        run = start(data, validation_examples=limit, epochs=6, patience=None)
        report = go_through(run)
        said = [notice for notice in report.notices if "epochs are compared" in notice]
        assert said == (["epochs are compared on the first 2 of 6 examples of dev"] * (limit == 2))
        scores[limit] = [epoch.score for epoch in report.epochs]
    assert scores[6] == scores[None] != scores[2]


def test_without_dev_a_tenth_of_train_chooses_the_epoch(data: Path) -> None:
    (data / "dev.tsv").unlink()
    train, dev, _ = go_through(start(data)).data.splits
    assert (train.counts["texts"], dev.counts["texts"]) == (22, 2)
    assert dev.source.startswith("8% of")


def test_a_single_file_is_divided(data: Path) -> None:
    report = go_through(start(data / "train.tsv"))
    assert [split.counts["texts"] for split in report.data.splits] == [20, 2, 2]
    assert report.data.name == "train.tsv"


def test_the_report_is_of_the_best_epoch(data: Path) -> None:
    report = go_through(start(data, epochs=4))
    best = max(epoch.score for epoch in report.epochs)
    assert report.epochs[report.best_epoch - 1].score == best


def test_no_epochs_leave_the_model_as_it_was_drawn(data: Path, tmp_path: Path) -> None:
    report = go_through(start(data, tmp_path / "run", epochs=0))
    assert (report.best_epoch, report.epochs) == (0, ())
    assert load(tmp_path / "run").predict(["a good film"])


# --- mistakes -------------------------------------------------------------------------------------


def test_an_output_that_cannot_be_written_is_refused_before_any_work(data: Path) -> None:
    with pytest.raises(UserError, match="cannot be written"):
        start(data, data / "train.tsv" / "run")


def test_a_file_whose_name_is_not_utf8_is_refused_before_any_work(
    data: Path, tmp_path: Path
) -> None:
    strange = data / os.fsdecode("영화.tsv".encode("cp949"))
    (data / "train.tsv").rename(strange)
    with pytest.raises(UserError, match=r"reviews/.*\.tsv: its name is not UTF-8; rename"):
        start(strange, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_the_problems_of_all_files_come_in_one_error(data: Path) -> None:
    (data / "train.tsv").write_text("label\ttext\ngood\n", encoding="utf-8")
    (data / "dev.tsv").write_bytes(b"label\ttext\ngood\t\xff\n")
    (data / "test.tsv").write_text("", encoding="utf-8")
    with pytest.raises(UserError) as caught:
        start(data).load()
    places = " ".join(problem.where for problem in caught.value.problems)
    assert all(name in places for name in ("train.tsv", "dev.tsv", "test.tsv"))


def test_one_label_only_is_refused(data: Path) -> None:
    lines = [f"good\ttext {i}" for i in range(9)]
    (data / "train.tsv").write_text("label\ttext\n" + "\n".join(lines), encoding="utf-8")
    with pytest.raises(UserError, match="only the label 'good', wanted at least two"):
        start(data).load()


def test_a_run_that_diverges_stops_with_an_error_and_no_warnings(data: Path) -> None:
    # Without n-grams, which tell these few texts apart so well that nothing is left to learn.
    beside = {"word_ngrams": 0, "character_ngrams": 0}
    run = start(data, optimizer="sgd", learning_rate=1e38, clip_norm=None, **beside)
    run.load()
    run.build()
    with pytest.raises(NonFiniteError, match=r"epoch \d, step \d: .*lower learning_rate"):
        list(run.train())


# --- what is written ------------------------------------------------------------------------------


def test_a_run_directory_holds_everything(data: Path, tmp_path: Path) -> None:
    go_through(start(data, tmp_path / "run"))
    assert sorted(path.name for path in (tmp_path / "run").iterdir()) == FILES


def test_nothing_is_written_where_no_output_is_given(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty = tmp_path / "here"
    empty.mkdir()
    monkeypatch.chdir(empty)
    go_through(start(data))
    assert not list(empty.iterdir())


def test_the_report_file_holds_the_report(data: Path, tmp_path: Path) -> None:
    report = go_through(start(data, tmp_path / "run"))
    found = json.loads((tmp_path / "run" / "report.json").read_text("utf-8"))
    assert found == json.loads(json.dumps(report.to_json()))
    metric = found["evaluation"]["metrics"][0]
    assert (metric["name"], metric["value"]) == ("accuracy", report.evaluation.headline.value)
    assert metric["interval"]["level"] == 0.95
    assert found["evaluation"]["counts"]["texts"] == 7
    assert len(found["baselines"]) == 3
    assert len(found["epochs"]) == 3


def test_the_log_has_a_line_an_epoch_and_one_for_the_run(data: Path, tmp_path: Path) -> None:
    for _ in range(2):  # the second run begins a log of its own
        go_through(start(data, tmp_path / "run"))
    lines = (tmp_path / "run" / "log.jsonl").read_text("utf-8").splitlines()
    assert [json.loads(line)["event"] for line in lines] == ["epoch"] * 3 + ["run"]


def test_the_written_config_gives_the_same_run(data: Path, tmp_path: Path) -> None:
    options = {"patience": None, "pooling": ("last", "mean"), "encoder": "gru", "dropout": 0.1}
    go_through(start(data, tmp_path / "a", **options))
    recipe = tomllib.loads((tmp_path / "a" / "config.toml").read_text("utf-8"))
    spec = HOST.find_task("sentiment")
    go_through(start(data, tmp_path / "b", **{**asdict(spec.config()), **recipe}))
    assert model_bytes(tmp_path / "a") == model_bytes(tmp_path / "b")


def test_the_command_in_the_config_names_the_data_of_a_resumed_run_too(
    data: Path, tmp_path: Path
) -> None:
    go_through(start(data, tmp_path / "run", seed=3), stop=after(2))
    place = tmp_path / "run" / "config.toml"
    stopped = place.read_text("utf-8")
    go_through(Run.resume(tmp_path / "run", host=HOST))
    files = " ".join(f"--{split} {data / split}.tsv" for split in ("train", "dev", "test"))
    assert stopped.startswith(f"# seqkit run sentiment --config {place} {files} --seed 3\n")
    assert place.read_text("utf-8") == stopped


def test_the_model_file_says_what_it_is_and_nothing_that_differs_between_equal_runs(
    data: Path, tmp_path: Path
) -> None:
    report = go_through(start(data, tmp_path / "run", seed=4))
    manifest, _ = read_bundle(tmp_path / "run")
    assert (manifest.task, manifest.seqkit) == ("sentiment", seqkit.__version__)
    assert manifest.metadata["seed"] == 4
    assert manifest.metadata["best_epoch"] == report.best_epoch
    assert manifest.metadata["counts"]["train"]["texts"] == 24
    assert str(tmp_path) not in json.dumps(manifest.to_json())


def test_the_model_is_saved_even_if_scoring_fails(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = start(data, tmp_path / "run")
    run.load()
    run.build()
    list(run.train())
    monkeypatch.setattr(run.model, "baselines", lambda train: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        run.finish()
    assert load(tmp_path / "run").predict(["a good film"])


# --- the same bytes -------------------------------------------------------------------------------


def model_bytes(folder: Path) -> bytes:
    return (folder / MODEL_NAME).read_bytes()


def test_the_same_seed_gives_the_same_model_and_another_seed_another(
    data: Path, tmp_path: Path
) -> None:
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        go_through(start(data, tmp_path / name, seed=seed))
    assert model_bytes(tmp_path / "a") == model_bytes(tmp_path / "b")
    assert model_bytes(tmp_path / "a") != model_bytes(tmp_path / "c")


TRAIN = """
import sys, seqkit
data, output, threads = sys.argv[1:]
seqkit.train("sentiment", data=data, output=output, threads=int(threads), seed=5, epochs=2,
             embedding=24, units=40, layers=2, pooling="attention,last", word_dropout=0.1)
"""


@pytest.fixture(scope="module")
def processes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Runs of one command: in processes with hash seeds 1 and 2, and with threads 1 and 2."""
    folder = tmp_path_factory.mktemp("processes")
    data = folder / "data.tsv"
    write_texts(data, [f"{noun}{i}" for noun in NOUNS for i in range(8)])
    running = []
    for name, hash_seed, threads in (("a", "1", "1"), ("b", "2", "1"), ("c", "2", "2")):
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
        command = [sys.executable, "-c", TRAIN, str(data), str(folder / name), threads]
        running.append(subprocess.Popen(command, env=environment))
    assert [process.wait(timeout=120) for process in running] == [0, 0, 0]
    return folder


def test_another_hash_seed_gives_the_same_bytes(processes: Path) -> None:
    assert model_bytes(processes / "a") == model_bytes(processes / "b")


def test_another_number_of_threads_gives_the_same_bytes(processes: Path) -> None:
    assert model_bytes(processes / "b") == model_bytes(processes / "c")


def test_reports_of_equal_runs_differ_in_time_and_memory_only(processes: Path) -> None:
    reports = [json.loads((processes / n / "report.json").read_text("utf-8")) for n in "ab"]
    first, second = (_timeless(report) for report in reports)
    assert first == second


def _timeless(value: Any) -> Any:
    if isinstance(value, dict):
        clock = ("seconds", "validation_seconds", "training_seconds", "peak_megabytes")
        return {key: _timeless(item) for key, item in value.items() if key not in clock}
    return [_timeless(item) for item in value] if isinstance(value, list) else value


# --- stopping and resuming ------------------------------------------------------------------------


@pytest.mark.parametrize("steps", [1, 3, 5])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"optimizer": "momentum", "schedule": "plateau", "averaging": 0.9, "warmup": 4},
        {"patience": 1, "epochs": 6, "schedule": "cosine", "word_dropout": 0.2},
    ],
    ids=["plain", "averaged", "patient"],
)
def test_a_resumed_run_ends_as_if_it_had_never_stopped(
    data: Path, tmp_path: Path, steps: int, options: dict[str, Any]
) -> None:
    whole = go_through(start(data, tmp_path / "whole", **options))
    stopped = start(data, tmp_path / "stopped", **options)
    assert go_through(stopped, stop=after(steps)).stopped == "interrupted"
    assert stopped.interrupted
    resumed = go_through(Run.resume(tmp_path / "stopped", host=HOST))
    assert history(resumed) == history(whole)
    assert (resumed.stopped, resumed.best_epoch) == (whole.stopped, whole.best_epoch)
    assert model_bytes(tmp_path / "stopped") == model_bytes(tmp_path / "whole")


@pytest.mark.parametrize("steps", [1, 4])
def test_an_interrupted_run_leaves_a_model_of_what_was_trained(
    data: Path, tmp_path: Path, steps: int
) -> None:
    run = start(data, tmp_path / "run")
    run.load()
    run.build()
    list(run.train(stop=after(steps)))
    texts = ["a good film", "a dull film"]
    assert load(tmp_path / "run").predict(texts) == run.model.predict(run.task.examples(texts))


def test_a_resumed_run_divides_a_single_file_as_before(data: Path, tmp_path: Path) -> None:
    whole = go_through(start(data / "train.tsv", tmp_path / "whole"))
    go_through(start(data / "train.tsv", tmp_path / "stopped"), stop=after(2))
    resumed = go_through(Run.resume(tmp_path / "stopped", host=HOST))
    assert history(resumed) == history(whole)
    assert model_bytes(tmp_path / "stopped") == model_bytes(tmp_path / "whole")


def test_the_log_of_a_resumed_run_has_each_epoch_once(data: Path, tmp_path: Path) -> None:
    run = start(data, tmp_path / "run")
    run.load()
    run.build()
    list(run.train(stop=after(4)))
    go_through(Run.resume(tmp_path / "run", host=HOST))
    lines = (tmp_path / "run" / "log.jsonl").read_text("utf-8").splitlines()
    assert [json.loads(line).get("epoch") for line in lines] == [1, 2, 3, None]


def test_the_log_is_whole_though_a_killed_sitting_wrote_half_a_line(
    data: Path, tmp_path: Path
) -> None:
    run = start(data, tmp_path / "run")
    run.load()
    run.build()
    list(run.train(stop=after(4)))
    log = tmp_path / "run" / "log.jsonl"
    log.write_bytes(log.read_bytes()[:30])
    for _ in range(2):  # once it has ended, it is scored again
        go_through(Run.resume(tmp_path / "run", host=HOST))
        lines = log.read_text("utf-8").splitlines()
        assert [json.loads(line).get("epoch") for line in lines] == [1, 2, 3, None]


def test_a_finished_run_that_is_resumed_stays_as_it_is(data: Path, tmp_path: Path) -> None:
    go_through(start(data, tmp_path / "run"))
    before = model_bytes(tmp_path / "run")
    go_through(Run.resume(tmp_path / "run", host=HOST))
    assert model_bytes(tmp_path / "run") == before


def test_data_that_changed_since_is_refused(data: Path, tmp_path: Path) -> None:
    go_through(start(data, tmp_path / "run"), stop=after(4))
    write_texts(data / "dev.tsv", NOUNS[4:7])
    with pytest.raises(UserError, match="the data files have changed since the run was started"):
        Run.resume(tmp_path / "run", host=HOST)


def test_data_that_is_gone_is_refused_by_name(data: Path, tmp_path: Path) -> None:
    go_through(start(data, tmp_path / "run"), stop=after(4))
    (data / "dev.tsv").unlink()
    with pytest.raises(UserError, match=r"dev\.tsv: cannot be read: No such file"):
        Run.resume(tmp_path / "run", host=HOST)


def write_vectors(path: Path, *words: str) -> None:
    path.write_text("".join(f"{word} 1 2 3 4 5 6\n" for word in words), encoding="utf-8")


def stopped_with_vectors(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run that was stopped, whose vocabulary was extended by a file with a relative path."""
    (tmp_path / "first").mkdir()
    (tmp_path / "second").mkdir()
    monkeypatch.chdir(tmp_path / "first")
    write_vectors(Path("vectors.txt"), "film", "unheard", "seldom")
    options = {"vectors": "vectors.txt", "extend_vocabulary": True}
    go_through(start(data, tmp_path / "run", **options), stop=after(4))
    go_through(start(data, tmp_path / "whole", **options))
    return tmp_path / "run"


def test_vectors_that_changed_since_are_refused_by_name(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = stopped_with_vectors(data, tmp_path, monkeypatch)
    write_vectors(Path("vectors.txt"), "film", "another", "words")
    with pytest.raises(UserError, match=r"labels differ .* put back .*vectors\.txt \(vectors\)"):
        Run.resume(folder, host=HOST).load()


def test_a_run_is_resumed_from_another_folder(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = stopped_with_vectors(data, tmp_path, monkeypatch)
    monkeypatch.chdir(tmp_path / "second")
    go_through(Run.resume(folder, host=HOST))
    assert model_bytes(folder) == model_bytes(tmp_path / "whole")


def test_a_resumed_report_tells_what_the_weights_started_from(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = stopped_with_vectors(data, tmp_path, monkeypatch)
    report = go_through(Run.resume(folder, host=HOST))
    (started,) = (notice for notice in report.notices if notice.startswith("vectors.txt: "))
    whole = json.loads((tmp_path / "whole" / "report.json").read_text("utf-8"))
    assert started in whole["notices"]


def test_a_folder_without_a_checkpoint_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="nothing to resume"):
        Run.resume(tmp_path, host=HOST)


def test_a_damaged_checkpoint_is_refused(data: Path, tmp_path: Path) -> None:
    go_through(start(data, tmp_path / "run"), stop=after(4))
    path = tmp_path / "run" / CHECKPOINT
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(UserError, match="cut short or damaged"):
        Run.resume(tmp_path / "run", host=HOST)


# --- killed ---------------------------------------------------------------------------------------

WRITES = 7
"""Two epochs with checkpoint and options each; then options, model and report."""

KILL = f"""
import os, signal, sys
from pathlib import Path
import seqkit, seqkit.estimators
from seqkit.runs import train

data, folder = Path(sys.argv[1]), Path(sys.argv[2])
replace = os.replace

def killed_after(count):
    '''Put so many files in place, and die instead of the next one.'''
    def counting(*paths):
        nonlocal count
        if not count:
            os.kill(os.getpid(), signal.SIGKILL)
        count -= 1
        replace(*paths)
    return counting

for done in range({WRITES}):
    child = os.fork()
    if not child:
        os.replace = killed_after(done)
        train("sentiment", data=data, output=folder / f"killed-{{done}}", threads=1, epochs=2,
              embedding=6, units=5, batch_size=8)
        os._exit(1)
    _, status = os.waitpid(child, 0)
    assert os.WTERMSIG(status) == signal.SIGKILL, (done, status)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")
def test_a_killed_run_leaves_nothing_broken_whenever_it_was_killed(
    data: Path, tmp_path: Path
) -> None:
    subprocess.run([sys.executable, "-c", KILL, str(data), str(tmp_path)], check=True, timeout=120)
    whole = start(data, tmp_path / "whole", epochs=2)
    go_through(whole)
    for writes in range(WRITES):
        folder = tmp_path / f"killed-{writes}"
        assert (folder / CHECKPOINT).exists() == (writes >= 1)
        assert (folder / MODEL_NAME).exists() == (writes >= 6)
        if writes >= 6:
            assert load(folder).predict(["a good film"])
        if writes >= 1:
            load_checkpoint(folder / CHECKPOINT)
            go_through(Run.resume(folder, host=HOST))
            assert model_bytes(folder) == model_bytes(tmp_path / "whole")


# --- from Python ----------------------------------------------------------------------------------


def test_train_runs_a_task_as_the_shell_does(data: Path, tmp_path: Path) -> None:
    report = train("sentiment", data=data, output=tmp_path / "a", host=HOST, **SMALL)
    go_through(start(data, tmp_path / "b"))
    assert report.data.name == "reviews"
    assert model_bytes(tmp_path / "a") == model_bytes(tmp_path / "b")


def test_train_without_data_takes_the_sample_and_says_so() -> None:
    report = train("sentiment", host=HOST, **{**SMALL, "epochs": 1})
    assert report.data.sample
    assert report.data.name == "sentiment-en"


def test_options_for_other_files_than_the_sample_are_refused_with_its_name() -> None:
    with pytest.raises(UserError, match="data: the sample 'sentiment-en' was read"):
        train("sentiment", text_column="review", host=HOST, **SMALL)


def test_train_says_where_the_files_of_the_splits_go() -> None:
    wanted = r"^train, dev: files go together into data=.*DataFiles\(train=\.\.\., dev=\.\.\.\)$"
    with pytest.raises(UserError, match=wanted):
        train("sentiment", train="train.tsv", dev="dev.tsv", host=HOST)


def test_train_reports_mistakes_in_options(data: Path) -> None:
    with pytest.raises(UserError, match="did you mean 'units'") as caught:
        train("sentiment", data=data, host=HOST, unit=3, pooling="las")
    assert len(caught.value.problems) == 2


def test_train_takes_numbers_out_of_arrays(data: Path, tmp_path: Path) -> None:
    plain = {**SMALL, "units": 4, "learning_rate": 0.5, "seed": 1, "threads": 1}
    train("sentiment", data=data, output=tmp_path / "a", host=HOST, **plain)
    numbers = {name: np.asarray(value)[()] for name, value in plain.items()}
    train("sentiment", data=data, output=tmp_path / "b", host=HOST, **numbers)
    assert model_bytes(tmp_path / "a") == model_bytes(tmp_path / "b")


def test_train_refuses_a_seed_before_any_work(data: Path) -> None:
    with pytest.raises(UserError, match="seed: found -1"):
        train("sentiment", data=data, host=HOST, seed=-1, **SMALL)


def test_train_takes_files_split_by_split(data: Path) -> None:
    files = DataFiles(train=data / "train.tsv", test=data / "test.tsv", name="mine")
    assert train("sentiment", data=files, host=HOST, **SMALL).data.name == "mine"


def test_a_task_that_nobody_offers_comes_with_the_nearest() -> None:
    with pytest.raises(UserError, match="did you mean 'sentiment'"):
        train("sentimant", host=HOST)


def test_train_gives_the_model_back_beside_the_report(data: Path) -> None:
    report = train("sentiment", data=data, host=HOST, **SMALL)
    assert report.trained.predict(["a good film"])[0].label in ("good", "bad")
    assert "trained" not in report.to_json()


def test_the_model_that_train_gives_back_is_the_one_it_saves(data: Path, tmp_path: Path) -> None:
    report = train("sentiment", data=data, output=tmp_path / "a", host=HOST, **SMALL)
    report.trained.save(tmp_path / "b")
    assert model_bytes(tmp_path / "a") == model_bytes(tmp_path / "b")


def test_train_does_not_write_over_a_run(data: Path, tmp_path: Path) -> None:
    train("sentiment", data=data, output=tmp_path, host=HOST, **SMALL)
    before = model_bytes(tmp_path)
    with pytest.raises(UserError, match=r"already holds a run; choose another output, or say over"):
        train("sentiment", data=data, output=tmp_path, seed=1, host=HOST, **SMALL)
    assert model_bytes(tmp_path) == before


def test_train_writes_over_a_run_when_told_to(data: Path, tmp_path: Path) -> None:
    train("sentiment", data=data, output=tmp_path, host=HOST, **SMALL)
    before = model_bytes(tmp_path)
    train("sentiment", data=data, output=tmp_path, overwrite=True, seed=1, host=HOST, **SMALL)
    assert model_bytes(tmp_path) != before
