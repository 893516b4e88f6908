"""``seqkit convert-tags``: columns in one tag scheme, written in another."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

from seqkit.text import SchemeName, TagScheme, format_conll

from seqkit_ner.config import NerConfig

__all__ = ["converted", "create_convert_tags"]


def converted(
    path: Path, found: SchemeName, wanted: SchemeName, *, refuse: bool = False
) -> tuple[list[str], int]:
    """Return the sentences of a file as columns in another scheme, and how many were illegal.

    Raises:
        UserError: the file cannot be read, or bad lines or tags, all of them together.
    """
    from seqkit_ner.task import NerTask

    config = NerConfig(scheme=found, illegal="refuse" if refuse else "repair")
    sentences = NerTask(config).read(path)
    write = TagScheme(wanted).tags
    blocks = [format_conll(s.words, write(s.entities or (), len(s.words))) for s in sentences]
    return blocks, sum(sentence.repaired for sentence in sentences)


def create_convert_tags() -> Callable[..., None]:
    """Return the command ``seqkit convert-tags``."""
    import typer

    def convert_tags(
        file: Annotated[Path, typer.Argument(help="columns of words and tags")],
        to: Annotated[SchemeName, typer.Option(help="what to write: iob1, iob2 or iobes")],
        scheme: Annotated[SchemeName, typer.Option(help="what the file is written in")] = "iob2",
        refuse: Annotated[
            bool, typer.Option("--refuse", help="refuse illegal tags; else they are repaired")
        ] = False,
    ) -> None:
        """Write the entities of a file in another tag scheme, to standard output.

        Example:
          $ seqkit convert-tags train.conll --scheme iob1 --to iobes > train-iobes.conll
        """
        from seqkit.cli.streams import as_utf8

        blocks, repaired = converted(file, scheme, to, refuse=refuse)
        as_utf8(sys.stdout).writelines(blocks)
        print(f"{len(blocks):,} sentences, {repaired:,} of them repaired", file=sys.stderr)

    return convert_tags
