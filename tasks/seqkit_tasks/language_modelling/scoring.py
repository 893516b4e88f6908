"""Comparing sentences: how probable each is, and where they part."""

from collections.abc import Sequence
from dataclasses import dataclass

from seqkit.sequences import pack_flat
from seqkit.text.batching import length_batches
from seqkit_tasks.language_modelling.lines import Line, ScoredLine, encode_stream, scored_lines
from seqkit_tasks.language_modelling.model import LanguageModel

__all__ = ["Parting", "find_parting", "score_sentences"]

SCORING_TOKENS = 2048
"""Tokens that are scored at once."""


def score_sentences(model: LanguageModel, sentences: Sequence[Line]) -> list[ScoredLine]:
    """Return the probability of each sentence on its own, as if it were the first line of a text.

    Each starts from the zero state after one end mark, so a sentence alone is worth what it is
    worth in any company. In a running text, see :meth:`LanguageModel.predict`.
    """
    lengths = [len(model.vocabulary.cut(sentence.tokens)) + 1 for sentence in sentences]
    results: dict[int, ScoredLine] = {}
    for group in length_batches(lengths, tokens=SCORING_TOKENS):
        places = group.tolist()
        results |= zip(places, _score_batch(model, [sentences[i] for i in places]), strict=True)
    return [results[i] for i in range(len(sentences))]


def _score_batch(model: LanguageModel, sentences: Sequence[Line]) -> list[ScoredLine]:
    ids, lengths = encode_stream(model.vocabulary, sentences)
    # In the stream, the end mark of one line is what the next line begins with.
    inputs = pack_flat(ids[:-1], lengths)
    targets = pack_flat(ids[1:], lengths)
    features, _, _ = model.encoder.forward(inputs)
    values = model.output.log_probabilities(features.data, targets.data)
    unknown = model.is_unknown(ids[1:])
    found = inputs.with_data(values).flatten()
    return list(scored_lines(model.vocabulary, sentences, found, unknown))


@dataclass(frozen=True)
class Parting:
    """The first place where sentences that began alike go different ways.

    Attributes:
        position: how many tokens they share.
        before: those tokens.
        tokens: what comes next in each sentence.
        log_probabilities: of each of these after what they share.
        unknown: whether the model knows each as the unknown mark only.
    """

    position: int
    before: tuple[str, ...]
    tokens: tuple[str, ...]
    log_probabilities: tuple[float, ...]
    unknown: tuple[bool, ...]


def find_parting(lines: Sequence[ScoredLine]) -> Parting | None:
    """Return where sentences part, or None for fewer than two different ones."""
    for position, tokens in enumerate(zip(*(line.tokens for line in lines), strict=False)):
        if len(set(tokens)) > 1:
            return Parting(
                position,
                lines[0].tokens[:position],
                tokens,
                tuple(line.log_probabilities[position] for line in lines),
                tuple(position in line.unknown for line in lines),
            )
    return None
