"""``seqkit plugins --why NAME``: all that is known of one plugin, and what to do about it."""

import sys
from collections.abc import Iterator, Sequence

from seqkit.errors import Problem, UserError
from seqkit.plugins import DISABLE_VARIABLE, PluginHost, PluginRecord
from seqkit.suggestions import suggest

__all__ = ["explain", "explanation", "find_records"]

STATUS = {
    "ok": "It works: nothing is wrong with it.",
    "disabled": "It is installed, but was not loaded.",
    "broken": "Something is wrong with it. What works of it is used all the same.",
}

# Part of a reason, and what to do about it; the first that fits is given.
REMEDIES = (
    ("which is not installed", "Install what it needs: pip install --upgrade {distribution}"),
    ("upgrade seqkit", "It was written for a newer seqkit: pip install --upgrade seqkit"),
    ("upgrade the plugin", "It was written for an older seqkit: pip install -U {distribution}"),
    (
        "is already offered by",
        f"Two plugins offer one name; the first keeps it. {DISABLE_VARIABLE} leaves one out, "
        "by the name of its distribution where both plugins have one name.",
    ),
    ("is no hook of seqkit", "A hook is misspelt; docs/reference/hooks.md lists all there are."),
    (
        "it knows only",
        "A hook may ask for fewer arguments than docs/reference/hooks.md, not others.",
    ),
    ("not marked @hookimpl", "Put @hookimpl (from seqkit.hookspecs) above the function."),
    ("implements no hook", "Its entry point names a module without any @hookimpl function."),
    ("yielded", "A hook yields the specs that docs/reference/hooks.md names, and nothing else."),
    ("returned", "A hook that offers something yields specs, or returns a list of them."),
    ("cannot be imported", "Try the import by itself: python -c 'import {module}'"),
    ("failed", "It raised inside a hook. SEQKIT_TRACE=1 shows the calls; tell its author."),
    ("disabled by", f"To use it, take its name out of {DISABLE_VARIABLE}."),
)
FALLBACK = "Tell its author, with this page."


def find_records(name: str, host: PluginHost) -> Sequence[PluginRecord]:
    """Return the records of a plugin's name, else of a module or task, else of a distribution.

    Distributions may give their plugins one name, and a distribution may have several plugins.

    Raises:
        UserError: there is none; the nearest name is given.
    """
    for found in (
        [record for record in host.records if name == record.name],
        [record for record in host.records if name in (record.module, *record.tasks)],
        [record for record in host.records if name == record.distribution and not record.builtin],
    ):
        if found:
            return found
    names = [record.name for record in host.records]
    raise UserError(Problem(f"no such plugin; {suggest(name, names)}", name))


def explain(name: str, host: PluginHost, *, json: bool = False) -> None:
    """Print what is known of the plugins of a name: with ``json``, a document for each."""
    from seqkit.cli.streams import as_utf8, json_line

    for record in find_records(name, host):
        if json:
            reasons = record.reasons
            advice = [{"reason": reason, "advice": remedy(reason, record)} for reason in reasons]
            text = json_line({**record.to_json(), "advice": advice}, indent=2)
        else:
            text = "\n".join(explanation(record, host))
        print(text, file=as_utf8(sys.stdout))


def explanation(record: PluginRecord, host: PluginHost) -> Iterator[str]:
    """Yield what is known of a plugin, in lines."""
    origin = " ".join(part for part in (record.distribution, record.version) if part)
    yield f"Plugin {record.name}: {record.status}"
    yield f"  {STATUS[record.status]}"
    yield f"  from    {origin or '(not installed)'}{', part of seqkit' if record.builtin else ''}"
    yield f"  module  {record.module}"
    yield f"  API     {'no tasks' if record.api is None else record.api}"
    yield f"  hooks   {', '.join(record.hooks) or 'none'}"
    yield f"  offers  {', '.join(f'{kind} {name}' for kind, name in record.offers) or 'nothing'}"
    for reason in record.reasons:
        yield f"  reason  {reason}"
        yield f"          {remedy(reason, record)}"
    for note in record.notes:
        yield f"  note    {note}"
    if record.status == "broken":
        alone = [each.name for each in host.records].count(record.name) == 1
        own = record.name if alone else record.distribution
        yield f"  To leave it out altogether: {DISABLE_VARIABLE}={own}"


def remedy(reason: str, record: PluginRecord) -> str:
    """Say what to do about a reason."""
    found = next((advice for part, advice in REMEDIES if part in reason), FALLBACK)
    module = record.module.partition(":")[0]
    return found.format(distribution=record.distribution or record.name, module=module)
