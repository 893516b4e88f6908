"""``seqkit score`` and ``seqkit generate``: they convert, the library does the work.

typer and rich are imported inside the functions, so that a plugin's import costs nothing.
"""

import math
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from seqkit.errors import Problem, UserError, placed
from seqkit.kernels.threads import use_threads
from seqkit.loading import load
from seqkit.predictions import refuse_nan, unwarned
from seqkit.sampling import Sampling
from seqkit.text import show_jamo
from seqkit.text.vocabulary import UNKNOWN
from seqkit_tasks.language_modelling.generation import GeneratedText, Generator, unknown_tokens
from seqkit_tasks.language_modelling.lines import ScoredLine
from seqkit_tasks.language_modelling.model import LanguageModel
from seqkit_tasks.language_modelling.scoring import Parting, find_parting, score_sentences
from seqkit_tasks.language_modelling.task import LanguageModellingTask

if TYPE_CHECKING:
    from rich.table import Table

__all__ = ["create_generate", "create_score", "load_language_model", "refuse_idle"]


def load_language_model(path: Path) -> tuple[LanguageModellingTask, LanguageModel]:
    """Load a language model with its task.

    Raises:
        UserError: the model is of another task.
    """
    trained = load(path)
    task, model = trained.task, trained.model
    if isinstance(task, LanguageModellingTask) and isinstance(model, LanguageModel):
        return task, model
    raise UserError(
        Problem(
            f"found a model of the task {trained.spec.name!r}, wanted one of 'language-modelling'; "
            "seqkit run lm trains one",
            str(path),
        )
    )


# --- seqkit score --------------------------------------------------------------------------------


def create_score() -> Callable[..., None]:
    """Return the command ``seqkit score``."""
    import typer

    def score(
        model: Annotated[Path, typer.Argument(metavar="MODEL", help="model file or run directory")],
        texts: Annotated[list[str], typer.Argument(metavar="TEXT...", help="sentences to compare")],
        in_order: Annotated[
            bool, typer.Option("--in-order", help="as given, instead of the likeliest first")
        ] = False,
        as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
    ) -> None:
        """Say how probable sentences are, each on its own, and where they part.

        Example:
          $ seqkit score runs/language-modelling-1 "apple and pear" "apple and pair"
        """
        task, network = load_language_model(model)
        sentences = task.examples(texts)
        with use_threads(), unwarned():
            scored = score_sentences(network, sentences)
        refuse_nan(scored, str(model))
        _notice_unknown(unknown_tokens(network, sentences), f"read as {UNKNOWN}")
        rows = list(enumerate(scored))
        if not in_order:
            rows.sort(key=lambda row: -row[1].log_probability)
        if as_json:
            _print_json(_score_document(texts, rows, find_parting(scored)))
        else:
            parting = find_parting(scored)
            begun = () if parting is None else network.vocabulary.join(parting.before)
            _print_scores(texts, rows, parting, task.tokenizer.join(begun))

    return score


def _score_document(
    texts: Sequence[str], rows: Sequence[tuple[int, ScoredLine]], parting: Parting | None
) -> dict[str, Any]:
    sentences = [{"number": i + 1, "text": texts[i], **asdict(line)} for i, line in rows]
    return {"sentences": sentences, "parting": None if parting is None else asdict(parting)}


def _print_scores(
    texts: Sequence[str],
    rows: Sequence[tuple[int, ScoredLine]],
    parting: Parting | None,
    begun: str,
) -> None:
    """Print the tables; the sentences have begun alike."""
    from rich.text import Text

    from seqkit.cli.console import console_for
    from seqkit.cli.streams import as_utf8

    console = console_for(as_utf8(sys.stdout))
    table = _table("log-probability", "perplexity", "tokens", text="sentence")
    for number, line in rows:
        table.add_row(
            f"{line.log_probability:.2f}",
            f"{line.perplexity:,.1f}",
            str(len(line.tokens)),
            Text(texts[number]),
        )
    console.print(table)
    if parting is not None:
        where = f"after {begun!r}" if parting.before else "at the first token"
        console.print(Text(f"They part {where}:"))
        console.print(_parting_table(parting))


def _parting_table(parting: Parting) -> "Table":
    from rich.text import Text

    table = _table("probability", "log-probability", text="token")
    # Sentences may go on alike: each token once, the likeliest first.
    columns = zip(parting.tokens, parting.log_probabilities, parting.unknown, strict=True)
    for token, value, unknown in sorted(dict.fromkeys(columns), key=lambda row: -row[1]):
        mark = " (unknown)" if unknown and token != UNKNOWN else ""
        table.add_row(f"{math.exp(value):.3g}", f"{value:.2f}", Text(show_jamo(token) + mark))
    return table


def _table(*numbers: str, text: str) -> "Table":
    from rich.box import SIMPLE
    from rich.table import Table

    table = Table(box=SIMPLE)
    for name in numbers:
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column(text, overflow="fold")
    return table


# --- seqkit generate -----------------------------------------------------------------------------


def create_generate() -> Callable[..., None]:
    """Return the command ``seqkit generate``."""
    import typer

    def generate(
        model: Annotated[Path, typer.Argument(metavar="MODEL", help="model file or run directory")],
        prompt: Annotated[
            str, typer.Option(help="how the text begins, or what it is to be written for")
        ] = "",
        temperature: Annotated[
            float, typer.Option(help="below 1 safer, above 1 wilder, 0 the likeliest always")
        ] = 1.0,
        top_k: Annotated[
            int | None, typer.Option(help="choose among this many, the likeliest")
        ] = None,
        top_p: Annotated[
            float | None, typer.Option(help="choose among the likeliest that add up to this share")
        ] = None,
        no_unk: Annotated[
            bool, typer.Option("--no-unk", help="never write the unknown mark")
        ] = False,
        length: Annotated[
            int | None,
            typer.Option(help="tokens at most; 100, or what the model has learnt", min=1),
        ] = None,
        lines: Annotated[
            int | None, typer.Option(help="stop at this many end marks; 1", min=1)
        ] = None,
        samples: Annotated[int, typer.Option(help="how many texts", min=1)] = 1,
        seed: Annotated[int, typer.Option(help="the same seed writes the same text", min=0)] = 0,
        as_json: Annotated[
            bool, typer.Option("--json", help="print JSON, one text a line")
        ] = False,
    ) -> None:
        """Write text until the model ends it or the length is reached.

        Example:
          $ seqkit generate runs/language-modelling-1 --prompt "Marta" --samples 3
          $ seqkit generate runs/language-modelling-1 --lines 10 --top-p 0.9
          $ seqkit generate runs/translator --prompt "guten Abend" --samples 3
        """
        with placed({name: f"--{name}" for name in ("temperature", "top-k", "top-p")}):
            sampling = Sampling(temperature=temperature, top_k=top_k, top_p=top_p)
        trained = load(model)
        task, network = trained.task, trained.model
        if not isinstance(task, LanguageModellingTask) or not isinstance(network, LanguageModel):
            refuse_idle(
                {"--lines": lines, "--no-unk": no_unk or None},
                f"a model of {trained.spec.name!r} writes one text, without unknown marks",
            )
            (example,) = trained.examples([prompt])
            with use_threads(), placed({"": f"{model} ({trained.spec.name})"}):
                texts = network.sample(
                    example, sampling=sampling, samples=samples, length=length, seed=seed
                )
            _notice_unknown(network.unknown_tokens(example), "in the prompt")
            for text in texts:
                _print_json({"text": text}) if as_json else _print_line(text)
            return
        generator = Generator(
            task=task,
            model=network,
            sampling=sampling,
            length=100 if length is None else length,
            lines=1 if lines is None else lines,
            unknown=not no_unk,
        )
        lacking = unknown_tokens(network, task.examples(prompt.split("\n")))
        _notice_unknown(lacking, f"in the prompt read as {UNKNOWN}")
        with use_threads(), unwarned(), placed({"": str(model)}):
            for written in generator.sample(prompt, samples=samples, seed=seed):
                _print_text(written, as_json=as_json)

    return generate


def _print_text(written: GeneratedText, *, as_json: bool) -> None:
    if as_json:
        _print_json(asdict(written))
    else:
        _print_line(written.text)


# --- shared --------------------------------------------------------------------------------------


def _print_line(line: str) -> None:
    from seqkit.cli.streams import as_utf8

    print(line, file=as_utf8(sys.stdout), flush=True)


def _print_json(document: dict[str, Any]) -> None:
    from seqkit.cli.streams import json_line

    _print_line(json_line(document))


def refuse_idle(options: Mapping[str, object], reason: str) -> None:
    """Refuse options that would do nothing.

    Args:
        options: their values by name; None where the user did not give one.
        reason: why they would do nothing.

    Raises:
        UserError: some are given; each is named.
    """
    given = [name for name, value in options.items() if value is not None]
    if given:
        raise UserError(Problem(f"found it, wanted it left out: {reason}", name) for name in given)


def _notice_unknown(tokens: Iterable[str], where: str) -> None:
    """Say on stderr which tokens the model does not know."""
    distinct = list(dict.fromkeys(tokens))
    if distinct:
        shown = ", ".join(repr(show_jamo(token)) for token in distinct[:20])
        more = " ..." if len(distinct) > 20 else ""
        print(f"unknown to the model, {where}: {shown}{more}", file=sys.stderr)
