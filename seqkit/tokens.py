"""The options that say how text becomes tokens, and the vocabulary fitted by them.

They are imported whenever seqkit lists its tasks, so the vocabulary is imported where it is used.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

from seqkit.errors import Problem, UserError
from seqkit.options import option

if TYPE_CHECKING:
    from seqkit.text.vocabulary import Vocabulary

__all__ = ["ModelTokens", "SubwordConfig", "TokenConfig", "model_tokens", "tokens_at_hand"]


class ModelTokens(NamedTuple):
    """What a model to start from knows.

    Attributes:
        words: its tokens without its marks.
        merges: how it cuts words, where its tokens are pieces.
    """

    words: Sequence[str]
    merges: Sequence[tuple[str, str]] | None = None


_tokens_of_model: ContextVar[ModelTokens | None] = ContextVar("seqkit_model_tokens", default=None)


@contextmanager
def tokens_at_hand(tokens: ModelTokens) -> Iterator[None]:
    """Inside the block, vocabularies that are fitted may be extended by the words of a model, or
    take over its pieces.
    """
    before = _tokens_of_model.set(tokens)
    try:
        yield
    finally:
        _tokens_of_model.reset(before)


def model_tokens() -> ModelTokens | None:
    """Return the tokens of the model to start from, inside :func:`tokens_at_hand`."""
    return _tokens_of_model.get()


@dataclass(frozen=True, kw_only=True)
class TokenConfig:
    """What a token is, and which are known; a task's config derives from it, before
    :class:`~seqkit.training.TrainingConfig`.
    """

    tokenizer: Literal["whitespace", "words", "characters", "jamo"] = option(
        "words", help="what a token is", group="data"
    )
    lowercase: bool = option(True, help="read capitals as small letters", group="data")
    min_count: int | None = option(1, help="rarer tokens are unknown", group="data", minimum=1)
    max_vocabulary: int | None = option(
        None, help="keep at most this many tokens, the commonest", group="data", minimum=2
    )

    @property
    def cuts_words(self) -> bool:
        """Whether the vocabulary is of pieces that words are cut into."""
        return False

    @property
    def reads_parts(self) -> bool:
        """Whether tokens are parts of words: characters, letters of them, or pieces."""
        return self.cuts_words or self.tokenizer in ("characters", "jamo")

    @property
    def tokens_described(self) -> str:
        """What the vocabulary lists, for :meth:`seqkit.tasks.Model.describe`."""
        return "pieces of words" if self.cuts_words else self.tokenizer

    def fit_vocabulary(
        self,
        texts: Iterable[Iterable[str]],
        *,
        specials: Sequence[str] | None = None,
        minimum_count: int | None = None,
    ) -> "Vocabulary":
        """Fit a vocabulary on the training split, as large as the options ask for it.

        Configs that derive from this one cut words into pieces (``subwords``) or add the tokens
        of pretrained vectors or of a model (``extend_vocabulary``), where their options say so.

        Args:
            texts: the tokens of each.
            specials: marks to put first; the unknown mark alone, by default.
            minimum_count: where ``min_count`` is not set; 1 by default.
        """
        from seqkit.text.vocabulary import UNKNOWN

        marks = (UNKNOWN,) if specials is None else specials
        return self._fit(texts, self.min_count or minimum_count or 1, marks)

    def _fit(
        self, texts: Iterable[Iterable[str]], minimum: int, marks: Sequence[str]
    ) -> "Vocabulary":
        """Fit it, all arguments resolved; what a config adds to that is added here."""
        from seqkit.text.vocabulary import Vocabulary

        size = self.max_vocabulary
        return Vocabulary.fit(texts, minimum_count=minimum, maximum_size=size, specials=marks)

    def problems(self) -> Iterator[Problem]:
        """Yield what makes no sense in these options."""
        yield from super().problems()  # type: ignore[misc]


@dataclass(frozen=True, kw_only=True)
class SubwordConfig(TokenConfig):
    """How text becomes tokens where words may be read in pieces; a task's config derives from it
    first, if nothing in its model stands for one token in particular.
    """

    subwords: int | None = option(
        None,
        help="cut words into so many frequent pieces (byte-pair encoding); needs seqkit[subwords]",
        group="data",
        minimum=2,
    )

    @property
    def cuts_words(self) -> bool:
        """Whether the vocabulary is of pieces that words are cut into."""
        return self.subwords is not None

    def _fit(
        self, texts: Iterable[Iterable[str]], minimum: int, marks: Sequence[str]
    ) -> "Vocabulary":
        """Fit a vocabulary of pieces where the options say so, and otherwise one of tokens.

        The pieces of a model to start from are taken over: its vectors are of use where words are
        cut as they were.

        Raises:
            UserError: fewer pieces than there are characters, of which none would be joined.
        """
        if self.subwords is None:
            return super()._fit(texts, minimum, marks)
        from seqkit.text.vocabulary import Vocabulary

        there = model_tokens()
        if there is not None and there.merges is not None:
            return Vocabulary.of_pieces(there.words, there.merges, texts, specials=marks)
        pieces = Vocabulary.fit_pieces(
            texts, size=self.subwords, minimum_count=minimum, specials=marks
        )
        if not pieces.merges and len(pieces) >= self.subwords:
            raise UserError(_too_few(self.subwords, len(pieces)))
        return pieces

    def problems(self) -> Iterator[Problem]:
        """Yield what makes no sense in these options."""
        yield from super().problems()
        if self.subwords is None:
            return
        if self.tokenizer in ("characters", "jamo"):
            reason = f"found with the tokenizer {self.tokenizer!r}, whose tokens are cut"
            yield Problem(reason, "subwords")
        if self.max_vocabulary is not None:
            yield Problem("found with subwords, which is the size itself", "max_vocabulary")


def _too_few(wanted: int, characters: int) -> Problem:
    return Problem(
        f"found {wanted:,}, wanted more than {characters:,}: so many are the marks and characters "
        "of the training split alone, and none of them would be joined; give several times as "
        "many, or leave rare characters out with min_count",
        "subwords",
    )
