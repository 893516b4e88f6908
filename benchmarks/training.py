"""seqkit's side of a whole epoch: a child process that trains a task and reports as a peer does.

It uses what ``seqkit run`` uses, without writing anything: the task reads and fits, the trainer
trains.
"""

import json
import sys
import time
from pathlib import Path
from typing import Any

__all__ = ["train"]


def train(told: dict[str, Any]) -> dict[str, Any]:
    """Train and score.

    Args:
        told: ``task``, ``train``, ``dev``, ``options``, ``epochs``, ``threads``, ``limit`` (of
            training examples that are trained on, 0 for all; vocabularies are fitted on all),
            ``dev_limit`` (of examples that are scored), ``compiled`` (whether kernels may be).

    Returns:
        ``ready`` (seconds from the start to the first step), ``epochs`` (seconds of each, without
        scoring), ``tokens`` (of one epoch), ``metric`` and ``score`` (of the dev split).
    """
    started = time.perf_counter()
    from seqkit.kernels.compiled import use_compiled, worth_compiling
    from seqkit.kernels.threads import use_threads
    from seqkit.options import parse
    from seqkit.plugins import default_host
    from seqkit.randomness import random_stream
    from seqkit.training.reports import EpochReport
    from seqkit.training.trainer import Trainer

    spec = default_host().find_task(told["task"])
    config = parse(spec.config, {**told["options"], "epochs": told["epochs"], "patience": None})
    task = spec.create(config)
    examples, dev = task.read(Path(told["train"])), task.read(Path(told["dev"]))
    compiled = told["compiled"] and worth_compiling(len(examples) * config.epochs)
    with use_threads(told["threads"]), use_compiled(compiled):
        model = task.build(task.fit(examples), rng=random_stream(0, "weights"))
        ready = time.perf_counter() - started

        def validate() -> tuple[str, float, bool]:
            found = model.evaluate(dev[: told["dev_limit"] or None], resamples=0).headline
            return found.name, found.value, found.higher_is_better

        trainer = Trainer(model, config, seed=0, validate=validate)
        reports = trainer.run(examples[: told["limit"] or None])
        epochs = [report for report in reports if isinstance(report, EpochReport)]
    return {
        "ready": ready,
        "epochs": [report.seconds for report in epochs],
        "tokens": epochs[-1].tokens,
        "metric": epochs[-1].metric,
        "score": epochs[-1].score,
    }


if __name__ == "__main__":
    print(json.dumps(train(json.loads(sys.argv[1]))))
