"""Writing text: one token after the other, each drawn from what the model holds possible."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from seqkit.arrays import IntArray
from seqkit.errors import Problem, UserError
from seqkit.layers.base import State
from seqkit.sampling import Sampling, draw
from seqkit.sequences import pack
from seqkit.text.tokenizers import Tokenizer
from seqkit.text.vocabulary import END
from seqkit_tasks.language_modelling.lines import Line, encode_stream
from seqkit_tasks.language_modelling.model import LanguageModel
from seqkit_tasks.language_modelling.task import LanguageModellingTask

__all__ = ["GeneratedText", "Generator", "join_lines", "unknown_tokens"]


@dataclass(frozen=True)
class GeneratedText:
    """A text that a model wrote.

    Attributes:
        text: the prompt as it was given, and what follows it.
        tokens: what follows the prompt, end marks included.
        log_probability: of these tokens by the model itself, before temperature, top-k and top-p.
        ended: whether the model ended the text; otherwise it was cut off at the length.
    """

    text: str
    tokens: tuple[str, ...]
    log_probability: float
    ended: bool


@dataclass(frozen=True, kw_only=True)
class Generator:
    """Writes texts with a language model.

    Attributes:
        task: tokenises prompts and joins tokens.
        model: what it draws from.
        sampling: how daring the choice is.
        length: tokens after the prompt, at most.
        lines: stop at this many end marks.
        unknown: whether the unknown mark may come.

    Raises:
        UserError: a length or a number of lines below 1.
    """

    task: LanguageModellingTask
    model: LanguageModel
    sampling: Sampling = field(default_factory=Sampling)
    length: int = 100
    lines: int = 1
    unknown: bool = True

    def __post_init__(self) -> None:
        limits = {"length": self.length, "lines": self.lines}
        problems = [
            Problem(f"found {value}, wanted at least 1", name)
            for name, value in limits.items()
            if value < 1
        ]
        if problems:
            raise UserError(problems)

    def sample(
        self, prompt: str = "", *, samples: int = 1, seed: int = 0
    ) -> Iterator[GeneratedText]:
        """Yield texts. The n-th one depends on the seed and on n, not on how many are asked for.

        Args:
            prompt: how each text begins; unknown words in it are read as the unknown mark.
            samples: how many texts.
            seed: at least 0; the same one gives the same texts.
        """
        for number in range(samples):
            yield self.write(prompt, rng=np.random.default_rng([seed, number]))

    def write(self, prompt: str = "", *, rng: np.random.Generator) -> GeneratedText:
        """Return one text: the prompt, and what is drawn until the last end mark or the length."""
        before = self.task.examples(prompt.split("\n"))
        tokens: list[str] = []
        total, ends = 0.0, 0
        for token, log_probability in self._continue(before, rng):
            tokens.append(token)
            total += log_probability
            ends += token == END
            if ends == self.lines or len(tokens) == self.length:
                break
        return GeneratedText(
            text=self._text(prompt, before, tokens),
            tokens=tuple(tokens),
            log_probability=total,
            ended=ends == self.lines,
        )

    def _text(self, prompt: str, before: Sequence[Line], tokens: Sequence[str]) -> str:
        """Return the prompt and what follows it; joined anew where its last letters change."""
        vocabulary, tokenizer = self.model.vocabulary, self.task.tokenizer
        written = vocabulary.join([*vocabulary.cut(_joined(before)), *tokens])
        whole = join_lines(tokenizer, written)
        lines = [vocabulary.join(vocabulary.cut(line.tokens)) for line in before]
        begun = "\n".join(map(tokenizer.join, lines))
        if not whole.startswith(begun):  # the jamo of a syllable that was not complete
            return whole
        follows = whole.removeprefix(begun)
        if prompt[-1:].isspace() and not begun[-1:].isspace():
            follows = follows.removeprefix(" ")  # it is there already
        return prompt + follows

    def _continue(
        self, before: Sequence[Line], rng: np.random.Generator
    ) -> Iterator[tuple[str, float]]:
        """Yield tokens and their log-probabilities, without end."""
        ids: IntArray = encode_stream(self.model.vocabulary, before).ids[:-1]
        state: State | None = None
        banned = self._banned(first=len(ids) == 1)
        while True:
            scores, state = self.model.log_distribution(pack([ids]), state)
            number = draw(self.sampling.restrict(scores[0], banned=banned), rng)
            yield self.model.vocabulary.words[number], float(scores[0, number])
            ids = np.array([number])
            banned = self._banned(first=False)

    def _banned(self, *, first: bool) -> list[int]:
        """Return what must not come: the unknown mark if so asked, and a text without a token."""
        vocabulary = self.model.vocabulary
        marks = [(vocabulary.unknown_id, not self.unknown), (vocabulary.end_id, first)]
        banned = [mark for mark, refused in marks if refused and mark is not None]
        # A vocabulary may be nothing but the two marks.
        return banned if len(banned) < len(vocabulary) else banned[:1]


def unknown_tokens(model: LanguageModel, lines: Iterable[Line]) -> list[str]:
    """Return the distinct tokens of lines that the model reads as the unknown mark, in order."""
    tokens = (token for line in lines for token in line.tokens)
    return list(dict.fromkeys(model.vocabulary.unknown(tokens)))


def _joined(lines: Sequence[Line]) -> list[str]:
    """Return the tokens of lines with an end mark between two."""
    tokens = [token for line in lines for token in (*line.tokens, END)]
    return tokens[:-1]


def join_lines(tokenizer: Tokenizer, tokens: Sequence[str]) -> str:
    """Return tokens as text, a line break for each end mark but a last one."""
    ends = [-1, *(i for i, token in enumerate(tokens) if token == END), len(tokens)]
    lines = [tokenizer.join(tokens[start + 1 : stop]) for start, stop in pairwise(ends)]
    if tokens and tokens[-1] == END:
        lines.pop()
    return "\n".join(lines)
