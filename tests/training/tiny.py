"""A model that trains in microseconds and has everything that a checkpoint must not forget."""

import numpy as np

from seqkit.layers.base import HiddenState
from seqkit.parameters import Parameter
from seqkit.training import Step, Trainer, TrainingConfig


class TinyModel:
    """Regression: a row-sparse table, a tied weight, a frozen one, dropout, and a carried state."""

    def __init__(self, seed=0, *, size=3, carried=True, rates=0.25):
        rng = np.random.default_rng(seed)
        self.table = Parameter(rng.normal(size=(5, size)).astype("f4"))
        self.w = Parameter(rng.normal(size=(size, 1)).astype("f4"))
        self.frozen = Parameter(rng.normal(size=(size,)).astype("f4"), trainable=False)
        self.unused = Parameter(np.ones(2, "f4"))
        self.carried = carried
        self.rate = rates
        self.losses = 0
        self.epochs = []

    def parameters(self):
        yield "table", self.table
        yield "head.w", self.w
        yield "frozen", self.frozen
        yield "unused", self.unused
        yield "tied.w", self.w

    def begin_epoch(self, epoch):
        self.epochs.append(epoch)

    def prepare(self, train):
        """Nothing is fitted at once here."""

    def batches(self, examples, *, rng):
        order = range(len(examples)) if rng is None else rng.permutation(len(examples))
        return [
            [examples[i] for i in order[start : start + 2]] for start in range(0, len(order), 2)
        ]

    def loss(self, batch, state=None, *, train=False, rng=None):
        self.losses += 1
        ids = np.array([i for i, _ in batch], np.int64)
        targets = np.array([y for _, y in batch], "f4")
        mask = (rng.random(ids.shape) >= self.rate).astype("f4") if train else np.float32(1)
        x = (self.table.value[ids] + self.frozen.value) * np.broadcast_to(mask, ids.shape)[:, None]
        if state is not None:
            x = x + np.float32(0.1) * state[0][0]
        error = x @ self.w.value[:, 0] - targets

        def backward(scale):
            d_y = (2 * scale * error)[:, None].astype("f4")
            self.w.grad += x.T @ d_y
            self.frozen.grad += np.ones_like(self.frozen.value)
            self.table.add_rows(
                ids, (d_y * self.w.value[:, 0]) * np.broadcast_to(mask, ids.shape)[:, None]
            )

        hidden = x.mean(axis=0)[None, None] if len(ids) else np.zeros((1, 1, x.shape[1]), "f4")
        return Step(
            total=float(np.square(error).sum()),
            count=len(batch),
            tokens=3 * len(batch),
            backward=backward,
            state=HiddenState(hidden) if self.carried else None,
        )

    def validation_loss(self):
        """Mean loss of the examples, without dropout and without touching the gradients."""
        step = self.loss(EXAMPLES)
        return step.total / step.count


EXAMPLES = [(i % 5, float(i % 3) - 1.0) for i in range(7)]
"""Four batches of two, the last one of one."""


def trainer_of(model=None, *, seed=3, validate=None, **options):
    """A trainer, validated on the examples themselves unless told otherwise."""
    model = model or TinyModel()
    validate = validate or (lambda: ("loss", model.validation_loss(), False))
    options = {"epochs": 3, "patience": None, "learning_rate": 0.05, **options}
    return model, Trainer(model, TrainingConfig(**options), seed=seed, validate=validate)


def weights_of(model):
    """The weights' bytes, by name."""
    return {name: p.value.tobytes() for name, p in model.parameters()}


def scores(values, higher_is_better=True):
    """A validation that returns prepared scores, one an epoch."""
    values = iter(values)
    return lambda: ("score", next(values), higher_is_better)
