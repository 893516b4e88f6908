"""Language modelling: how probable a text is, and what may come next."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from seqkit.datasets import DatasetSpec, sample_files
from seqkit.hookspecs import CommandSpec, hookimpl
from seqkit.tasks import Task, TaskSpec
from seqkit_tasks.language_modelling.config import LanguageModellingConfig

__all__ = ["LanguageModellingConfig", "seqkit_commands", "seqkit_datasets", "seqkit_tasks"]


def _create(
    config: LanguageModellingConfig,
) -> Task[LanguageModellingConfig, Any, Any]:
    from seqkit_tasks.language_modelling.task import LanguageModellingTask

    return LanguageModellingTask(config)


@hookimpl
def seqkit_tasks() -> Iterator[TaskSpec[LanguageModellingConfig]]:
    """Offer the task ``language-modelling``."""
    yield TaskSpec(
        name="language-modelling",
        aliases=("lm",),
        summary="Learn how probable a text is: perplexity, comparing sentences, writing new ones",
        config=LanguageModellingConfig,
        create=_create,
        sample="prose-en",
        next_steps=("score {run} {text} 'another sentence'", "generate {run}"),
    )


@hookimpl
def seqkit_datasets() -> Iterator[DatasetSpec]:
    """Offer the sample."""
    yield DatasetSpec(
        name="prose-en",
        task="language-modelling",
        summary="8,900/1,100/1,200 words of stories about an English village, written for seqkit",
        files=partial(sample_files, "prose-en"),
        sample=True,
    )


@hookimpl
def seqkit_commands() -> Iterator[CommandSpec]:
    """Offer ``seqkit score``, ``seqkit adapt`` and ``seqkit generate``."""
    yield CommandSpec(
        name="score",
        summary="Say which sentence is likelier, and where they part",
        create=_create_score,
    )
    yield CommandSpec(
        name="adapt",
        summary="Score a text with a language model that adapts to it",
        create=_create_adapt,
    )
    yield CommandSpec(
        name="generate",
        summary="Write text with a trained model, from a prompt or nothing",
        create=_create_generate,
    )


def _create_score() -> Callable[..., None]:
    from seqkit_tasks.language_modelling.commands import create_score

    return create_score()


def _create_adapt() -> Callable[..., None]:
    from seqkit_tasks.language_modelling.adapt_command import create_adapt

    return create_adapt()


def _create_generate() -> Callable[..., None]:
    from seqkit_tasks.language_modelling.commands import create_generate

    return create_generate()
