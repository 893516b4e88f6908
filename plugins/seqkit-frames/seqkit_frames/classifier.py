"""Many to one: a sequence of frames gets a label."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from seqkit.arrays import Array
from seqkit.label_model import LabelModel, LabelPrediction, LogitsBackward, label_baseline
from seqkit.layers.base import parameters_of
from seqkit.layers.dropout import Dropout
from seqkit.layers.dropout_wrapper import DropoutWrapper
from seqkit.layers.linear import Linear
from seqkit.layers.pooling import Pooling
from seqkit.parameters import Parameter
from seqkit.plugins import create_encoder
from seqkit.sequences import PackedSequence
from seqkit.tasks import Baseline, Resources

from seqkit_frames.config import FramesConfig
from seqkit_frames.examples import Example
from seqkit_frames.inputs import Inputs

__all__ = ["Classifier"]


class Classifier(LabelModel[Example, PackedSequence]):
    """A recurrent encoder, pooling over the frames, and a softmax over the labels.

    Args:
        resources: ``labels``, and what the inputs need.
        config: the options.
        rng: draws the weights.
    """

    def __init__(
        self, resources: Resources, config: FramesConfig, *, rng: np.random.Generator
    ) -> None:
        smooth = config.label_smoothing
        super().__init__(resources["labels"], batch_size=config.batch_size, label_smoothing=smooth)
        self.config = config
        self.inputs = Inputs(resources, stack=config.stack)
        recurrent = create_encoder(config, self.inputs.features, rng=rng)
        self.encoder = DropoutWrapper(recurrent, dropout=config.dropout)
        width, both_ways = self.encoder.output_features, config.bidirectional
        self.pooling = Pooling(config.pooling, width, bidirectional=both_ways, rng=rng)
        self.output = Linear(self.pooling.output_features, len(self.labels), rng=rng)
        self._dropout = Dropout(config.dropout)

    def network_parameters(self) -> Iterator[tuple[str, Parameter]]:
        """Yield the parameters of encoder, pooling and output layer."""
        return parameters_of(
            {"encoder": self.encoder, "pooling": self.pooling, "output": self.output}
        )

    def describe(self) -> Mapping[str, str]:
        """Say what the network is made of."""
        return {
            "mode": "classify",
            "inputs": str(self.inputs),
            "encoder": self.config.described,
            "pooling": " + ".join(self.config.pooling),
            "labels": ", ".join(self.labels),
        }

    def length(self, example: Example) -> int:
        """Return the steps that the encoder makes."""
        return self.inputs.length(example)

    def gold_label(self, example: Example) -> str:
        """Return the gold label; empty where there is none."""
        return example.gold.answer

    def encode(self, examples: Sequence[Example]) -> PackedSequence:
        """Return the frames (M, D) as the encoder reads them."""
        return self.inputs.pack(examples)

    def forward(
        self, inputs: PackedSequence, *, train: bool = False, rng: np.random.Generator | None = None
    ) -> tuple[Array, LogitsBackward]:
        """Return the logits (N, C); backward is the forward's chain from its other end."""
        y, _, back_encoder = self.encoder.forward(inputs, train=train, rng=rng)
        pooled, back_pooling = self.pooling.forward(y)
        hidden, back_dropout = self._dropout.forward(pooled, train=train, rng=rng)
        logits, back_output = self.output.forward(hidden)

        def backward(d_logits: Array) -> None:
            back_encoder(back_pooling(back_dropout(back_output(d_logits))))

        return logits, backward

    def counts(self, examples: Sequence[Example]) -> Mapping[str, int]:
        """Count inputs, frames or unknown conditions, and each label."""
        return {**super().counts(examples), **self.inputs.counts(examples)}

    def baselines(self, train: Sequence[Example]) -> Iterator[Baseline[Example, LabelPrediction]]:
        """Yield the majority label, and two classifiers of the mean frame."""
        yield from super().baselines(train)
        yield label_baseline("nearest mean frame", self.inputs.guesser(train, "nearest centroid"))
        regression = self.inputs.guesser(train, "logistic regression")
        yield label_baseline("logistic regression of mean frames", regression)
