"""Many to many and one to many: a sequence of frames, or a single vector, becomes a text."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from seqkit.tasks import Baseline, Resources
from seqkit.text import END, Vocabulary, create_tokenizer
from seqkit.writing_model import NetworkInput, WritingModel, Written
from seqkit_seq2seq.network import build_encoder_decoder

from seqkit_frames.config import FramesConfig
from seqkit_frames.examples import Example
from seqkit_frames.inputs import Inputs

__all__ = ["Transducer"]


class Transducer(WritingModel[Example]):
    """The encoder-decoder of ``seqkit-seq2seq`` over frames; without encoder over single vectors.

    Args:
        resources: mode, vocabulary, longest text, and what the inputs need.
        config: the options.
        rng: draws the weights.
    """

    def __init__(
        self, resources: Resources, config: FramesConfig, *, rng: np.random.Generator
    ) -> None:
        self.config = config
        single = resources["mode"] == "generate"
        self.inputs = Inputs(resources, stack=1 if single else config.stack)
        words = Vocabulary.from_json(resources["vocabulary"])
        features, end = self.inputs.features, words.ids[END]
        network = build_encoder_decoder(config, features, len(words), end, single=single, rng=rng)
        longest, tokenizer = int(resources["longest"]), create_tokenizer(config.unit)
        super().__init__(network, words, tokenizer, config, longest=longest, open_ended=single)

    def describe(self) -> Mapping[str, str]:
        """Say what the network is made of."""
        config, single = self.config, self.open_ended
        units = config.decoder_units or config.units
        return {
            "mode": "generate" if single else "transcribe",
            "inputs": str(self.inputs),
            "encoder": "none: a vector begins the decoder" if single else config.described,
            "attention": "none" if single else config.attention,
            "decoder": f"{config.decoder}, {config.decoder_layers} x {units}",
            "texts": f"{len(self.vocabulary):,} {config.unit}, at most {self.limit - 1}",
        }

    def read(self, examples: Sequence[Example]) -> NetworkInput:
        """Return the frames (M, D) or, where texts are generated, their means (N, D)."""
        pack = self.inputs.means if self.open_ended else self.inputs.pack
        return NetworkInput(pack(examples))

    def length(self, example: Example) -> int:
        """Return the steps that are read."""
        return self.inputs.length(example)

    def answers(self, example: Example) -> Sequence[Sequence[str]]:
        """Return the tokens of the gold text, where there is one."""
        return [self.tokenizer.tokenize(example.gold.answer)] if any(example.gold) else []

    def unknown_tokens(self, example: Example) -> list[str]:
        """Return the condition where training never met it."""
        return self.inputs.unknown(example)

    def counts(self, examples: Sequence[Example]) -> Mapping[str, int]:
        """Count inputs, frames or unknown conditions, and tokens."""
        return {**super().counts(examples), **self.inputs.counts(examples)}

    def baselines(self, train: Sequence[Example]) -> Iterator[Baseline[Example, Written]]:
        """Yield the commonest text or an n-gram model, and the text of the nearest example."""
        yield from super().baselines(train)
        guess = self.inputs.guesser(train, "nearest neighbour")
        name = "text of the nearest mean frame"
        yield Baseline(name, lambda given: [self.told(text) for text in guess(given)])
