"""What people see, on a console of a fixed width."""

import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from seqkit.cli.console import console_for
from seqkit.cli.items_view import mistake_lines, print_worst
from seqkit.cli.progress import RunProgress
from seqkit.cli.report_view import print_evaluation, print_report, print_where_saved
from seqkit.cli.summaries import data_table, epoch_line, model_lines
from seqkit.cli.tables import new_table, print_table
from seqkit.inspection import Item
from seqkit.metrics.classification import score_classification
from seqkit.metrics.evaluation import Evaluation, evaluate
from seqkit.metrics.measures import Interval, Metric, Table
from seqkit.reports import BaselineReport, DataSummary, ModelSummary, RunReport, SplitSummary
from seqkit.tasks import Mistake
from seqkit.training.reports import EpochReport, StepReport

DATA = DataSummary(
    "영화평",
    True,
    (
        SplitSummary(
            "train", "a/train.tsv", {"texts": 1200, "unknown words": 0, "words": 0, "긍정": 700}, 0
        ),
        SplitSummary(
            "test", "a/test.tsv", {"texts": 30, "unknown words": 20, "words": 160, "긍정": 9}, 3
        ),
    ),
    ("split at random",),
)
MODEL = ModelSummary({"encoder": "lstm, 1 x 32"}, 85878, 1.72)
EPOCH = EpochReport(
    epoch=3, train_loss=0.43121, score=0.831, metric="accuracy", best=True, gradient_norm=1.0,
    clipped_share=0.124, learning_rate=0.001, tokens=60000, seconds=2.0, validation_seconds=0.15,
)  # fmt: skip


def evaluation(value: float, *tables: Table) -> Evaluation:
    interval = Interval(value - 0.02, value + 0.02)
    accuracy = Metric("accuracy", value, interval)
    loss = Metric("loss", 1.5, None, higher_is_better=False, style="number")
    return Evaluation((accuracy, loss), {"texts": 1234}, tables)


def report(**more: object) -> RunReport:
    classes = Table("Classes", ("class", "F1"), (("긍정", 0.5), ("negative", None)),
                    ("as [gold] has it",), ("F1",))  # fmt: skip
    given = {
        "task": "sentiment", "config": {}, "seed": 3, "threads": 1, "data": DATA, "model": MODEL,
        "epochs": (EPOCH,) * 4, "best_epoch": 3, "stopped": "all epochs done", "split": "test",
        "evaluation": evaluation(0.75, classes), "seconds": 12.34, "peak_megabytes": 210.4,
        "baselines": (BaselineReport("words + regression", evaluation(0.8), 0.1),),
        "notices": ("be careful", "be careful"),
    }  # fmt: skip
    return RunReport(**{**given, **more})


def console(*, terminal: bool = False) -> Console:
    return Console(
        file=io.StringIO(), width=80, force_terminal=terminal, color_system=None,
        legacy_windows=False, markup=False, highlight=False, emoji=False,
    )  # fmt: skip


def text_of(made: Console) -> str:
    return made.file.getvalue()


def lines_of(made: Console) -> list[str]:
    return [line.rstrip() for line in text_of(made).splitlines()]


def test_data_has_a_column_a_split():
    made = console()
    made.print(data_table(DATA))
    assert lines_of(made) == [
        "Data: 영화평",
        "",
        "                  train          test",
        " ─────────────────────────────────────",
        "  texts           1,200            30",
        "  unknown words       0   20 (12.5 %)",
        "  words               0           160",
        "  긍정              700             9",
        "  also in train       -             3",
        "",
    ]


def test_korean_labels_leave_the_columns_straight():
    made = console()
    made.print(data_table(DATA))
    widths = {cell_len(line) for line in text_of(made).splitlines() if line.endswith("  ")}
    assert len(widths) == 1


def test_many_counts_are_cut_short():
    counts = {f"tag {i}": i for i in range(60)}
    made = console()
    made.print(data_table(DataSummary("x", False, (SplitSummary("train", "f", counts, 0),))))
    assert "... and 36 more" in text_of(made)


def test_model():
    assert list(model_lines(MODEL)) == [
        "Model",
        "  encoder: lstm, 1 x 32",
        "  85,878 parameters, about 1.7 MB to train",
    ]


def test_epoch():
    assert epoch_line(EPOCH, 10, style="percent", width=100) == (
        "epoch  3/10  loss 0.4312  accuracy 83.10  lr 0.001  clipped 12 %"
        "  30,000 tok/s  2.1 s  best"
    )


def test_the_line_of_an_epoch_leaves_out_that_nothing_was_clipped():
    assert "clipped" not in epoch_line(
        replace(EPOCH, clipped_share=0.004), 10, style="percent", width=100
    )


@pytest.mark.parametrize("best", [True, False])
@pytest.mark.parametrize(
    ("metric", "score", "style"),
    [
        ("accuracy", 0.8, "percent"),
        ("perplexity", 12345.6, "number"),
        ("bits per character", 1.8, "number"),
    ],
)
@pytest.mark.parametrize("width", [60, 80, 120])
def test_the_line_of_an_epoch_fits_the_terminal(width, metric, score, style, best):
    report = replace(EPOCH, metric=metric, score=score, best=best, learning_rate=0.000512)
    line = epoch_line(report, 100, style=style, width=width)
    assert len(line) <= width
    assert line.endswith("best") == best


def test_the_lines_of_a_run_leave_out_the_same():
    lines = [
        epoch_line(replace(EPOCH, best=best), 10, style="percent", width=80)
        for best in (True, False)
    ]
    assert lines[0].removesuffix("  best") == lines[1]


def test_a_resumed_run_tells_the_time_of_all_its_training():
    made = console()
    print_report(made, report(seconds=5.0))
    assert "5.0 s, 8.6 s of training in all, at most 210 MB of memory" in text_of(made)


def test_report():
    made = console()
    print_report(made, report())
    lines = lines_of(made)
    assert lines[0] == "sentiment: accuracy 75.00 [73.00, 77.00] on test"
    assert "              this model     words + regression" in " ".join(lines)
    row = next(line for line in lines if line.strip().startswith("accuracy"))
    assert row.split() == ["accuracy", "75.00", "[73.00,", "77.00]", "80.00", "[78.00,", "82.00]"]
    assert "scored: 1,234 texts" in lines
    assert "  as [gold] has it" in lines
    assert lines[-5:] == [
        "best epoch 3 of 4 (all epochs done)",
        "12.3 s, at most 210 MB of memory, 1 thread, seed 3",
        "note: be careful",
        "note: a built-in sample: for trying out, not for measuring",
        "note: a baseline scores better than this model: words + regression",
    ]
    assert "\x1b" not in text_of(made)


def test_intervals_stand_below_their_values_where_the_terminal_is_narrow():
    names = ("words + regression", "most frequent label")
    baselines = tuple(BaselineReport(name, evaluation(0.8), 0.1) for name in names)
    made = console()
    print_report(made, report(baselines=baselines))
    lines = lines_of(made)
    row = next(number for number, line in enumerate(lines) if line.startswith("  accuracy"))
    assert lines[row].split() == ["accuracy", "75.00", "80.00", "80.00"]
    assert lines[row + 1].split() == ["[73.00,", "77.00]"] + 2 * ["[78.00,", "82.00]"]


@pytest.mark.parametrize(
    ("count", "name", "said"),
    [(1, "sentences", "1 sentence"), (1, "entities", "1 entity"), (1200, "texts", "1,200 texts")],
)
def test_one_of_a_kind_is_said_in_the_singular(count, name, said):
    made = console()
    print_evaluation(made, replace(evaluation(0.5), counts={name: count}))
    assert f"scored: {said}" in lines_of(made)


def test_a_table_of_mistakes_is_left_out_where_there_is_none():
    ids = np.arange(20)
    scoring = score_classification(ids, ids, [f"label {number}" for number in ids])
    made = console()
    print_evaluation(made, evaluate(scoring, resamples=0, rng=np.random.default_rng(0)))
    assert "Classes" in text_of(made)
    assert "confusions" not in text_of(made)


def test_report_of_a_run_without_training():
    made = console()
    print_report(made, report(epochs=(), best_epoch=0, baselines=()))
    assert "not trained (all epochs done)" in lines_of(made)
    assert "scores better" not in text_of(made)


def steps(count: int) -> Iterator[StepReport]:
    for step in range(1, count + 1):
        yield StepReport(
            epoch=1, step=step, steps=count, loss=2.0, gradient_norm=0.5, clipped=False,
            tokens=100, learning_rate=0.001,
        )  # fmt: skip


def run_through(made: Console, clock, **settings: object) -> None:
    progress = RunProgress(made, epochs=10, clock=clock, **settings)
    progress.data(DATA)
    progress.model(MODEL)
    with progress.training():
        for step in steps(50):
            progress.step(step)
        progress.epoch(EPOCH, "percent")


def test_without_a_terminal_there_are_lines_only():
    made = console()
    run_through(made, lambda: 0.0)
    assert "  train  a/train.tsv" in lines_of(made)
    assert "  split at random" in lines_of(made)
    assert lines_of(made)[-1] == epoch_line(EPOCH, 10, style="percent", width=80)
    assert "\x1b" not in text_of(made)


def test_quiet_is_silent():
    for terminal in (False, True):
        made = console(terminal=terminal)
        run_through(made, lambda: 0.0, quiet=True)
        assert text_of(made) == ""


@pytest.mark.parametrize(("pace", "drawn"), [(0.05, 6), (1.0, 50)])
def test_the_bar_is_drawn_twice_a_second_at_most(pace, drawn, monkeypatch):
    from rich.progress import Progress

    drawings = []
    refresh = Progress.refresh
    monkeypatch.setattr(Progress, "refresh", lambda self: (drawings.append(1), refresh(self)))
    now = [0.0]

    def clock() -> float:
        now[0] += pace
        return now[0]

    made = console(terminal=True)
    run_through(made, clock)
    assert drawn - 2 <= len(drawings) <= drawn + 4
    assert "loss 2.0000" in text_of(made)
    assert "tokens/s" in text_of(made)
    assert "epoch 1/10" in text_of(made)


def test_control_characters_of_labels_and_texts_are_shown_and_not_obeyed():
    stream = io.StringIO()
    made = console_for(stream)
    table = new_table("Labels", "label", "\x1b[2J")
    table.add_row("\x1b[31mred", "1")
    print_table(made, table)
    made.print(Text("a text\x1b]0;title\x07 with\x85 controls\x9b"))
    said = stream.getvalue()
    assert not {"\x1b", "\x85", "\x9b"} & {*said}
    assert r"\x1b[31mred" in said
    heading, _, row = said.splitlines()[2:5]
    assert len(heading.rstrip()) == len(row.rstrip())


def test_what_turns_the_direction_of_writing_turns_no_number_of_a_table():
    made = console()
    table = new_table("Labels", "label", "F1")
    table.add_row("bad\u202e", "99.75")
    print_table(made, table)
    assert r"bad\u202e   99.75" in text_of(made)


@pytest.mark.parametrize("hidden", ["\u200b", "\u200d", "\ufeff", "\u2060", "\xad"])
def test_labels_that_differ_in_what_nobody_sees_look_different(hidden):
    made = console()
    table = new_table("Labels", "label", "F1")
    table.add_row("좋음", "99.75")
    table.add_row(f"좋음{hidden}", "50.00")
    made.print(table)
    said = text_of(made)
    assert hidden not in said
    assert f"좋음{hidden}".encode("unicode_escape").decode()[12:] in said


@pytest.mark.parametrize("hidden", ["\x1b[2J", "\u202e", "\u200b"])
def test_the_end_of_a_text_is_shown_whatever_stands_in_it(hidden):
    stream, item = io.StringIO(), Item(1, f"a text{hidden} with an end", 1.0, "a", "b", (), ())
    print_worst(console_for(stream), [item])
    assert "with an end" in stream.getvalue()
    assert hidden not in stream.getvalue()


@pytest.mark.parametrize("text", ["👨‍👩‍👧", "❤️‍🔥", "क्‍ष", "می‌روم"])
def test_joiners_that_are_part_of_an_emoji_or_a_word_are_left_alone(text):
    made = console()
    made.print(text)
    assert text_of(made).strip() == text


def test_a_suggested_text_with_an_escape_is_typed_without_it(tmp_path):
    made = console()
    print_where_saved(made, ["predict {run} {text}"], tmp_path, [], "a\x1b[31m\x85b")
    assert rf"predict {tmp_path} $'a\u001b[31m\u0085b'" in text_of(made)


def test_a_folder_that_looks_like_an_option_can_be_copied_into_a_shell():
    made = console()
    print_where_saved(made, ["evaluate {run}"], Path("-dash"), [], "a text")
    assert "evaluate ./-dash\n" in text_of(made)


def test_a_suggested_text_with_a_tab_can_be_copied_into_a_shell(tmp_path):
    made = console()
    print_where_saved(
        made, ["predict {run} {text}"], tmp_path, ["model.safetensors"], "Tom's out.\tWhere?"
    )
    assert rf"predict {tmp_path} $'Tom\'s out.\tWhere?'" in text_of(made)


def test_a_letter_of_hangul_is_shown_as_people_read_it() -> None:
    mistakes = (Mistake(place="\u11ab", gold_probability=0.25), Mistake(place="최고", gold="명사"))
    item = Item(1, "한", 1.0, None, None, mistakes, ())
    assert [line.partition(":")[0] for line in mistake_lines(item)] == ["-ㄴ", "최고"]
