"""A plugin that is installed nowhere: the task ``sentiment`` under another name."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from seqkit.hookspecs import hookimpl
from seqkit.tasks import TaskSpec
from seqkit_tasks import sentiment


@hookimpl
def seqkit_tasks() -> Iterator[TaskSpec[Any]]:
    (spec,) = sentiment.seqkit_tasks()
    yield replace(spec, name="moods", aliases=(), sample=None)
