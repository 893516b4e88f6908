"""What a model writes: the best hypotheses of a search as text."""

from collections.abc import Sequence
from dataclasses import dataclass

from seqkit.beam_search import Hypothesis
from seqkit.text.tokenizers import Tokenizer
from seqkit.text.vocabulary import Vocabulary

__all__ = ["Written", "as_written"]


@dataclass(frozen=True)
class Written:
    """A text that a model wrote.

    Attributes:
        text: the tokens joined.
        tokens: without the end mark.
        score: log-probability over the length penalty, by which texts are ranked.
        log_probability: of the tokens and the end mark, natural logarithm.
        ended: whether it came to an end; otherwise it was cut off at the maximum length.
        others: the next best texts, the better first, where they were asked for.
    """

    text: str
    tokens: tuple[str, ...]
    score: float = 0.0
    log_probability: float = 0.0
    ended: bool = True
    others: tuple["Written", ...] = ()


def as_written(
    hypotheses: Sequence[Hypothesis], vocabulary: Vocabulary, tokenizer: Tokenizer
) -> Written:
    """Return the hypotheses of one sequence, best first, as text.

    Args:
        hypotheses: as :func:`~seqkit.beam_search.beam_search` returns them; nothing is written
            where there is none.
        vocabulary: of the tokens.
        tokenizer: joins them.
    """

    def text_of(hypothesis: Hypothesis, others: tuple[Written, ...] = ()) -> Written:
        tokens = tuple(vocabulary.decode(hypothesis.tokens))
        score, log_p = hypothesis.score, hypothesis.log_probability
        return Written(tokenizer.join(tokens), tokens, score, log_p, hypothesis.ended, others)

    if not hypotheses:
        return Written("", (), ended=False)
    return text_of(hypotheses[0], tuple(map(text_of, hypotheses[1:])))
