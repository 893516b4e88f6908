"""``seqkit plugins new NAME``: a plugin's package, written to be changed."""

from pathlib import Path
from typing import Annotated, Literal

import typer

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
    from seqkit.scaffold import write_plugin

    folder = write_plugin(name, kind, output or Path())
    print(f"wrote {folder}")
    print(f"to install it: pip install -e '{folder}[test]'")
    print(f"to test it:    pytest {folder}")
    print(f"to run it:     seqkit run {name}")
