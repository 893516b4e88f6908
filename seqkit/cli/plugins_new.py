"""``seqkit plugins new NAME``: a plugin's package, written to be changed."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from seqkit.cli.notices import say

if TYPE_CHECKING:
    from seqkit.plugins import PluginHost

__all__ = ["new"]


def new(
    name: Annotated[str, typer.Argument(help="of the task: lower-case words with hyphens")],
    kind: Annotated[
        Literal["classify", "tag", "generate", "pair"],
        typer.Option(
            help="classify a text, tag its words, generate text, or compare a pair of texts"
        ),
    ] = "classify",
    output: Annotated[
        Path | None, typer.Option(help="folder to write in; else the working directory")
    ] = None,
) -> None:
    """Write a plugin that installs, passes its tests and runs; then make it yours.

    Example:
      $ seqkit plugins new haiku --kind classify
      $ pip install -e 'seqkit-haiku[test]' && seqkit run haiku
    """
    from seqkit.plugins import default_host
    from seqkit.scaffold import write_plugin

    folder = write_plugin(name, kind, output or Path())
    if owner := _owner(name, default_host()):
        say(f"warning: {name!r} is {owner}; choose another name")
    print(f"wrote {folder}")
    print(f"to install it: pip install -e '{folder}[test]'")
    print(f"to test it:    pytest {folder}")
    print(f"to run it:     seqkit run {name}")


def _owner(name: str, host: "PluginHost") -> str:
    """Say who has a name already; nothing where it is free."""
    from seqkit.plugins import CORE_COMMANDS

    for spec in host.tasks():
        if name in (spec.name, *spec.aliases):
            distribution, version = host.origin_of_task(spec.name)
            return f"already a task of {distribution} {version}".rstrip()
    taken = (*CORE_COMMANDS, *(command.name for command in host.commands()))
    return "already a command of seqkit" if name in taken else ""
