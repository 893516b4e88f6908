"""``seqkit vectors``: word vectors from any text, for models to start from."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Literal

import typer

from seqkit.cli.groups import JsonSwitch
from seqkit.errors import Problem, UserError

__all__ = ["vectors"]


def vectors(
    text: Annotated[
        list[str], typer.Argument(help="files: a text a line, tables, JSON lines, CoNLL-U")
    ],
    output: Annotated[str, typer.Option(help="file of vectors to write")],
    width: Annotated[int, typer.Option(help="numbers of a vector", min=1)] = 200,
    window: Annotated[
        int, typer.Option(help="how many words apart two words are neighbours", min=1)
    ] = 8,
    min_count: Annotated[int, typer.Option(help="rarer words get no vector", min=1)] = 1,
    max_vocabulary: Annotated[
        int | None, typer.Option(help="keep at most this many words, the commonest", min=1)
    ] = None,
    tokenizer: Annotated[
        Literal["whitespace", "words"], typer.Option(help="what a word is, but for CoNLL-U")
    ] = "words",
    lowercase: Annotated[bool, typer.Option(help="read capitals as small letters")] = True,
    text_column: Annotated[
        str | None, typer.Option(help="column of the texts in tables and JSON lines")
    ] = None,
    json: JsonSwitch = False,
) -> None:
    """Make word vectors from any text: words are alike that stand near the same words.

    They are counted, not trained, which takes seconds. A model that starts from them knows words
    that its labelled texts lack; with --freeze-vectors it does not forget these either.

    Example:
      $ seqkit vectors reviews.tsv articles.txt --output vectors.txt
      $ seqkit run sentiment --vectors vectors.txt --embedding 200 --freeze-vectors
    """
    from seqkit.text.cooccurrence import fit_word_vectors

    _refuse_text(text, output)
    texts = [tokens for path in text for tokens in _tokens(path, tokenizer, lowercase, text_column)]
    found = fit_word_vectors(
        texts, width=width, window=window, minimum_count=min_count, maximum_size=max_vocabulary
    )
    found.save(output)
    _print(
        {"output": output, "words": len(found.words), "width": width, "tokens": found.tokens},
        as_json=json,
    )


def _refuse_text(text: Sequence[str], output: str) -> None:
    if Path(output).resolve() in [Path(path).resolve() for path in text]:
        raise UserError(Problem(f"{output} is read, and would be written over", "--output"))


def _tokens(
    path: str, tokenizer: str, lowercase: bool, text_column: str | None
) -> Iterator[Sequence[str]]:
    """Yield the words of each text of a file."""
    from seqkit.text import create_tokenizer, is_conllu, read_conllu, read_texts

    if not Path(path).is_dir() and is_conllu(path):
        for sentence in read_conllu(path):
            yield [form.lower() for form in sentence.forms] if lowercase else sentence.forms
        return
    cut = create_tokenizer(tokenizer).tokenize
    for each in read_texts(path, text_column=text_column):
        yield cut(each.text.lower() if lowercase else each.text)


def _print(facts: dict[str, str | int], *, as_json: bool) -> None:
    from seqkit.cli.streams import as_utf8, print_json

    if as_json:
        print_json(facts)
        return
    said = "{output}: {words:,} words, {width} numbers each, from {tokens:,} words of text"
    flags = "--vectors {output} --embedding {width} --freeze-vectors --extend-vocabulary"
    lines = said.format(**facts), f"next: seqkit run TASK {flags.format(**facts)}"
    print(*lines, sep="\n", file=as_utf8(sys.stdout))
