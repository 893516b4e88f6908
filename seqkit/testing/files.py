"""The bytes of a model file, as a run would write it."""

import dataclasses
import json
import tempfile
from pathlib import Path
from typing import Any

from seqkit import __version__
from seqkit.bundle import MODEL_NAME, Manifest, bundle_arrays, write_bundle
from seqkit.tasks import Model
from seqkit.testing.subject import TaskSubject

__all__ = ["model_bytes"]


def model_bytes(subject: TaskSubject, model: Model[Any, Any]) -> bytes:
    """Write a model of the task that is checked, and return what was written."""
    arrays, tied = bundle_arrays(model.parameters())
    manifest = Manifest(
        seqkit=__version__,
        task=subject.spec.name,
        api=subject.spec.api,
        config=json.loads(json.dumps(dataclasses.asdict(subject.config))),
        resources=dict(subject.resources),
        tied=tied,
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / MODEL_NAME
        write_bundle(path, manifest, arrays)
        return path.read_bytes()
