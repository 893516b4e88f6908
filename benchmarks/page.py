"""The figures on ``docs/performance.md``, written from the JSON of a run.

What stands between the two marks on the page is replaced; the rest of the page is written by hand.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.cells import HEADINGS, SHORT, amount, in_short, row
from benchmarks.records import Report, Result
from benchmarks.suites import SUITES

__all__ = ["BEGIN", "END", "figures", "roofline", "write_page"]

BEGIN = "<!-- figures: written by python -m benchmarks --render FILE -->"
END = "<!-- end of figures -->"


def write_page(report: Report, page: Path) -> None:
    """Put the figures of a report on the page.

    Raises:
        ValueError: the page lacks the marks.
    """
    text = page.read_text(encoding="utf-8")
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{page}: wanted the lines {BEGIN!r} and {END!r}")
    new = f"{before}{BEGIN}\n\n{figures(report)}\n{END}{after}"
    page.write_text(new, encoding="utf-8")


def figures(report: Report) -> str:
    """Return all tables as Markdown."""
    parts = [*_machine(report), "### In short", "", *_short(report), ""]
    for suite in SUITES:
        results = report.of(suite.name)
        if results:
            rows = [row(result, suite, report) for result in results]
            parts += [f"### {suite.summary}", "", *_table(*_filled(HEADINGS, rows)), ""]
            parts += _facts(results)
    parts += roofline(report)
    return "\n".join(parts)


def _machine(report: Report) -> Iterator[str]:
    machine, machines = report.machine, report.machines
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    days = _range(sorted(each["measured"] for each in machines))
    yield (
        f"Measured on {days}: {machine['processor']}, {machine['cores']} cores, "
        f"{machine['memory_gigabytes']} GB; {machine['system']}; Python {machine['python']}, "
        f"{versions}; {machine['blas']}."
    )
    if report.settings.get("quick"):
        yield "**In quick mode: these figures show that everything runs, and no more.**"
    yield ""
    names = (
        ("gflops", "matrix products, GFLOP/s"),
        ("gigabytes_per_second", "copying memory, GB/s"),
        ("million_tanhs_per_second", "tanh, millions a second"),
    )
    counts = list(machine["gflops"])
    rows = [(title, *(_peaks(machines, name, n) for n in counts)) for name, title in names]
    heads = ("peak in the same run", *(f"{n} thread{'s' if n != '1' else ''}" for n in counts))
    yield from _table(heads, rows)
    yield ""


def _peaks(machines: Sequence[Mapping[str, Any]], name: str, threads: str) -> str:
    """Return what was reached at best, from the worst run to the best one."""
    found = sorted(each[name][threads] for each in machines if threads in each.get(name, {}))
    return _range([f"{peak:,.0f}" for peak in found])


def _range(ordered: Sequence[str]) -> str:
    return " to ".join(dict.fromkeys((ordered[0], ordered[-1])))


def _short(report: Report) -> list[str]:
    rows = [tuple(in_short(report, suite)) for suite in SUITES]
    return _table(SHORT, [cells for cells in rows if cells])


def _facts(results: Iterable[Result]) -> list[str]:
    """List what was found beside times, such as the scores of both sides."""
    lines = [
        f"- {result.case}: "
        + "; ".join(f"{name} {_fact(value)}" for name, value in result.facts.items())
        for result in results
        if result.facts
    ]
    return [*lines, ""] if lines else []


def _fact(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_fact(item)}" for name, item in value.items())
    return f"{value:,}" if isinstance(value, int | float) else str(value)


def roofline(report: Report) -> list[str]:
    """Return how near each layer comes to what its products and its tanhs must take.

    The floor is the time of the matrix products at their peak plus that of the tanhs (or exps) at
    theirs, one after the other: nothing else is counted, so nothing can be faster.
    """
    rows = []
    for result in report.results:
        floor = _floor(result, report)
        if floor is not None:
            products, tanhs = floor
            rows.append(
                (
                    f"{result.suite}, {result.case}",
                    str(result.threads),
                    amount(products, "s"),
                    amount(tanhs, "s"),
                    amount(result.ours.median, "s"),
                    f"{(products + tanhs) / result.ours.median:.0%}",
                )
            )
    if not rows:
        return []
    heads = ("case", "threads", "products", "tanh, exp", "measured", "floor / measured")
    return ["### Roofline", "", *_table(heads, rows), ""]


def _floor(result: Result, report: Report) -> tuple[float, float] | None:
    """Return the least seconds for products and for tanhs; None where they are not known."""
    gflops = report.peak(result, "gflops")
    tanhs = report.peak(result, "million_tanhs_per_second")
    if result.unit != "s" or not (gflops and tanhs and result.flops):
        return None
    return result.flops / 1e9 / gflops, result.tanhs / 1e6 / tanhs


def _filled(
    heads: Sequence[str], rows: Sequence[Sequence[str]]
) -> tuple[list[str], list[list[str]]]:
    """Leave out columns that no row has anything in."""
    kept = [i for i in range(len(heads)) if any(cells[i] for cells in rows)]
    return [heads[i] for i in kept], [[cells[i] for i in kept] for cells in rows]


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return a Markdown table; all but the first column to the right."""
    rule = ["---", *("---:" for _ in heads[1:])]
    lines = (heads, rule, *rows)
    return [
        f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |" for cells in lines
    ]
