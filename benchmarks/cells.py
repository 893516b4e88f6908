"""How figures are written, in the terminal and on the page."""

from collections.abc import Iterator

from benchmarks.records import Report, Result, Suite, summarise, target_of

__all__ = ["HEADINGS", "SHORT", "amount", "in_short", "row"]

HEADINGS = (
    "case",
    "threads",
    "seqkit",
    "spread",
    "PyTorch",
    "its way",
    "ratio",
    "target",
    "of peak",
    "tokens/s",
)

SHORT = ("work", "mean ratio", "target", "least", "target", "of the case", "targets reached")


def amount(value: float, unit: str) -> str:
    """Write seconds, megabytes or percent with about three digits."""
    if unit == "%":
        return f"{value:.2g} %"
    if unit == "MB":
        return f"{value:,.0f} MB" if value >= 10 else f"{value:.1f} MB"
    for scale, name in ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs")):
        if value >= scale:
            return f"{value / scale:.3g} {name}" if value < 1000 else f"{value:,.0f} s"
    return f"{value * 1e6:.2g} µs"


def row(result: Result, suite: Suite, report: Report) -> tuple[str, ...]:
    """Write a result as one cell for each of :data:`HEADINGS`."""
    share = report.share_of_peak(result)
    ours = result.ours
    spread = (amount(ours.quantile(share), result.unit) for share in (0.25, 0.75))
    peer = result.peers.get(result.peer)
    speed = result.tokens / ours.median if result.tokens and result.unit == "s" else 0.0
    return (
        result.case,
        str(result.threads),
        amount(ours.median, result.unit),
        " to ".join(spread) if len(ours.values) > 1 else "",
        amount(peer.median, result.unit) if peer else "",
        result.peer,
        _ratio(result),
        _target(result, suite),
        f"{share:.0%}" if share else "",
        f"{speed:,.0f}" if speed else "",
    )


def _ratio(result: Result) -> str:
    return f"{result.ratio:.2f}" if result.ratio is not None else ""


def _target(result: Result, suite: Suite) -> str:
    if result.limit:
        kept = result.ours.median <= result.limit
        return f"≤ {amount(result.limit, result.unit)} {'✓' if kept else '✗'}"
    wanted = target_of(result, suite.target)
    if wanted is None or result.ratio is None:
        return ""
    return f"{wanted:g} {'✓' if result.ratio >= wanted else '✗'}"


def in_short(report: Report, suite: Suite) -> Iterator[str]:
    """Yield the cells of a suite's summary, one for each of :data:`SHORT`."""
    summary = summarise(report.of(suite.name), suite.target)
    if summary is None:
        return
    mean, each = suite.target.mean, suite.target.each
    yield suite.summary
    yield f"{summary.mean:.2f}"
    yield f"{mean:g} {'✓' if summary.mean >= mean else '✗'}" if mean is not None else ""
    yield f"{summary.least:.2f}"
    yield f"{each:g} {'✓' if summary.least >= each else '✗'}" if each is not None else ""
    yield summary.least_case
    yield f"{summary.reached} of {summary.targets}" if summary.targets else ""
