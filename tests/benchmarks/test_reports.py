import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from benchmarks.cells import HEADINGS, amount, row
from benchmarks.harness import Spread
from benchmarks.page import BEGIN, END, figures, roofline, write_page
from benchmarks.records import Report, Result, Suite, Target, read_report, summarise
from benchmarks.suites import suite_named
from benchmarks.table import print_report

MACHINE: dict[str, Any] = {
    "processor": "an abacus",
    "cores": 2,
    "memory_gigabytes": 1.0,
    "system": "none",
    "python": "3",
    "versions": {"numpy": "2"},
    "blas": "beads",
    "measured": "2000-01-01",
    "gflops": {"1": 100.0},
    "gigabytes_per_second": {"1": 10.0},
    "million_tanhs_per_second": {"1": 1000.0},
}


def result(**changes: Any) -> Result:
    fields: dict[str, Any] = {
        "suite": "lstm",
        "case": "T1",
        "threads": 1,
        "ours": Spread((0.1, 0.2, 0.3)),
        "peers": {"slow": Spread((0.9,)), "fast": Spread((0.4,))},
        "flops": 1e10,
        "tanhs": 5e7,
        "tokens": 1000,
        **changes,
    }
    return Result(**fields)


def report(*results: Result) -> Report:
    return Report(MACHINE, {"quick": False}, results)


def test_the_best_of_the_peers_counts() -> None:
    assert result().peer == "fast"
    assert result().ratio == pytest.approx(2.0)
    assert result(peers={}).ratio is None


def test_a_suite_in_a_nutshell() -> None:
    slower = result(case="T2", peers={"only": Spread((0.1,))})
    memory = result(unit="MB", peers={"only": Spread((2.0,))}, target=4.0)
    summary = summarise([result(), slower, memory], Target(each=1.0, mean=1.5))
    assert summary is not None
    assert summary.mean == pytest.approx(1.0)
    assert summary.least == pytest.approx(0.5)
    assert summary.least_case == "T2, 1 thread"
    assert (summary.reached, summary.targets) == (2, 3)
    assert summarise([result(peers={})], Target()) is None


def test_share_of_peak() -> None:
    assert report().share_of_peak(result()) == pytest.approx(0.5)
    assert report().share_of_peak(result(threads=7)) is None


def test_a_row() -> None:
    cells = dict(zip(HEADINGS, row(result(), suite_named("lstm"), report()), strict=True))
    assert cells == {
        "case": "T1",
        "threads": "1",
        "seqkit": "200 ms",
        "spread": "150 ms to 250 ms",
        "PyTorch": "400 ms",
        "its way": "fast",
        "ratio": "2.00",
        "target": "1 ✓",
        "of peak": "50%",
        "tokens/s": "5,000",
    }
    missed = row(result(target=3.0), Suite("lstm", "", ""), report())
    assert missed[HEADINGS.index("target")] == "3 ✗"


@pytest.mark.parametrize(
    ("value", "unit", "written"),
    [
        (2.0, "s", "2 s"),
        (0.01234, "s", "12.3 ms"),
        (5e-6, "s", "5 µs"),
        (3e-7, "s", "0.3 µs"),
        (1234.0, "MB", "1,234 MB"),
        (1.25, "MB", "1.2 MB"),
    ],
)
def test_amounts(value: float, unit: str, written: str) -> None:
    assert amount(value, unit) == written


def test_the_table() -> None:
    stream = io.StringIO()
    print_report(report(result()), Console(file=stream, width=180))
    shown = stream.getvalue()
    assert "T1" in shown
    assert "2.00" in shown
    assert "LSTM layer, forward + backward" in shown
    assert "1 of 1" in shown


def test_json_holds_everything(tmp_path: Path) -> None:
    path = tmp_path / "figures.json"
    written = report(result(), result(case="memory", unit="MB", facts={"whole": {"a": 1}}))
    written.write(path)
    read = read_report([path])
    assert [replace(found, machine={}) for found in read.results] == [*written.results]
    assert (read.machine, read.settings) == (MACHINE, written.settings)
    document = json.loads(path.read_text(encoding="utf-8"))
    assert document["results"][0]["ours"]["values"] == [0.1, 0.2, 0.3]
    assert document["results"][0]["ratio"] == pytest.approx(2.0)


def test_later_files_replace_cases(tmp_path: Path) -> None:
    first, second = tmp_path / "1.json", tmp_path / "2.json"
    report(result(), result(case="T2"), result(suite="gru")).write(first)
    report(result(target=9.0), result(threads=2)).write(second)
    merged = read_report([first, second]).results
    assert [(r.suite, r.case, r.threads, r.target) for r in merged] == [
        ("lstm", "T1", 1, 9.0),
        ("lstm", "T2", 1, None),
        ("gru", "T1", 1, None),
        ("lstm", "T1", 2, None),
    ]


def test_each_share_is_of_the_peak_in_its_own_run(tmp_path: Path) -> None:
    first, second = tmp_path / "1.json", tmp_path / "2.json"
    report(result()).write(first)
    slower = MACHINE | {"gflops": {"1": 80.0}, "measured": "2000-01-02"}
    replace(report(result(case="T2")), machine=slower).write(second)
    merged = read_report([first, second])
    shares = [merged.share_of_peak(found) for found in merged.results]
    assert shares == pytest.approx([0.5, 0.625])
    page = figures(merged)
    assert "Measured on 2000-01-01 to 2000-01-02:" in page
    assert "| matrix products, GFLOP/s | 80 to 100 |" in page


def test_a_limit_is_kept_or_not() -> None:
    def target(most: float) -> str:
        cells = row(result(peers={}, limit=most), Suite("lstm", "", ""), report())
        return cells[HEADINGS.index("target")]

    assert target(1.0) == "≤ 1 s ✓"
    assert target(0.1) == "≤ 100 ms ✗"


def test_figures_stand_between_their_marks(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"above\n{BEGIN}\nold\n{END}\nbelow\n", encoding="utf-8")
    write_page(report(result()), page)
    write_page(report(result()), page)
    text = page.read_text(encoding="utf-8")
    assert text.startswith(f"above\n{BEGIN}\n")
    assert text.endswith(f"{END}\nbelow\n")
    assert "old" not in text
    assert text.count("| T1 |") == 1


def test_a_page_without_marks_is_left_alone(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("mine\n", encoding="utf-8")
    with pytest.raises(ValueError, match="figures"):
        write_page(report(), page)
    assert page.read_text(encoding="utf-8") == "mine\n"


def test_facts_and_the_machine_are_told() -> None:
    shown = figures(report(result(facts={"seqkit": {"score": "accuracy 0.9"}})))
    assert "an abacus" in shown
    assert "accuracy 0.9" in shown


def test_roofline_adds_products_and_tanhs() -> None:
    # 10 GFLOP at 100 GFLOP/s and 50 million tanhs at 1,000 million a second, in 0.2 s.
    line = roofline(report(result()))[4]
    assert line == "| lstm, T1 | 1 | 100 ms | 50 ms | 200 ms | 75% |"


def test_the_page_in_the_repository_has_its_marks() -> None:
    page = Path(__file__).parents[2] / "docs" / "performance.md"
    text = page.read_text(encoding="utf-8")
    assert text.index(BEGIN) < text.index(END)
