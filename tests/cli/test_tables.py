"""Tables at several widths: what folds, what is divided, and what never breaks."""

import io

import pytest
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table

from seqkit.cli.tables import new_table, print_table

NAMES = ("learning_rate", "units", "dropout", "word_dropout", "recurrent_dropout")


def trials() -> Table:
    table = new_table("Trials", "trial", "score", "epoch", *NAMES, numbers_from=0)
    for number in range(3):
        table.add_row(str(number), "83.33", "12", "0.0004153", "188", "0.4637", "0.2345", "0.01234")
    return table


def lines_at(width: int, table: Table) -> list[str]:
    console = Console(file=io.StringIO(), width=width, color_system=None)
    print_table(console, table)
    return [line.rstrip() for line in console.file.getvalue().splitlines()]


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_numbers_and_headings_are_whole_at_any_width(width):
    lines = lines_at(width, trials())
    words = " ".join(lines).split()
    assert max(map(len, lines)) <= width
    assert {"0.0004153", "188", "0.4637", "0.2345", "0.01234", *NAMES} <= set(words)


def test_a_table_that_is_too_wide_is_shown_in_parts_with_its_first_column():
    lines = lines_at(60, trials())
    assert lines[0] == "Trials"
    assert [line.split()[0] for line in lines if "trial" in line] == ["trial", "trial"]
    assert sum(line.split()[:1] == ["2"] for line in lines) == 2


def test_a_table_that_fits_is_shown_in_one_part():
    assert sum("trial" in line for line in lines_at(120, trials())) == 1


def test_text_folds_between_words():
    table = new_table("Plugins", "name", "hooks", "offers", numbers_from=3)
    table.add_row("language-modelling", "epoch_finished, run_finished", "task language-modelling")
    lines = lines_at(64, table)
    words = " ".join(lines).split()
    assert words.count("language-modelling") == 2
    assert {"epoch_finished,", "run_finished"} <= set(words)
    assert sum("offers" in line for line in lines) == 1


def test_a_label_longer_than_the_terminal_is_folded_and_the_numbers_are_whole():
    table = new_table("Classes", "class", "F1")
    table.add_row("가" * 60, "83.33")
    lines = lines_at(50, table)
    assert max(map(cell_len, lines)) <= 50
    assert "".join(lines).count("가") == 60
    assert any(line.endswith("83.33") for line in lines)
