"""Words cut into pieces that are frequent in the training split: byte-pair encoding.

It begins with the characters of each word. The two neighbours that stand side by side most often
become one piece, and so on, until there are as many pieces as asked for (Sennrich, Haddow and Birch
2016). Frequent words end up whole, rare ones in parts that the model has met elsewhere. The first
piece of a word begins with a mark, as in SentencePiece (Kudo and Richardson 2018), so that pieces
can be put together again. Where the mark stands in a word itself, it is written in another way.

The library tokenizers, an extra, does the counting and the joining.
"""

import json
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

from seqkit.extras import require_extra

__all__ = [
    "WORD_START",
    "LearntPieces",
    "Merge",
    "PieceCutter",
    "count_pieces",
    "join_pieces",
    "learn_pieces",
]

WORD_START = "▁"
"""The mark that the first piece of a word begins with."""

Merge = tuple[str, str]
"""Two pieces that are joined to one."""

_ESCAPES = {WORD_START: "␛_", "␛": "␛␛"}
_TO_ESCAPES = str.maketrans({**_ESCAPES})
_FROM_ESCAPES = {escape: character for character, escape in _ESCAPES.items()}
_ESCAPE = re.compile("|".join(_FROM_ESCAPES))

MOST_KNOWN = 2**18
"""Words whose pieces are remembered, in 50 MB: the first, among which the frequent ones are."""

HALF_PAIR = re.compile("[\ud800-\udfff]")
"""Half of a surrogate pair, which is no text, and which the library takes none of."""

_OTHER = ""
"""What the library calls a character that is no piece; no piece is empty."""


class LearntPieces(NamedTuple):
    """What byte-pair encoding found in the training split.

    Attributes:
        counts: of each piece there, cut with all merges; 0 for one that only leads to longer ones.
        merges: which pieces are joined, the most frequent pair first.
    """

    counts: Mapping[str, int]
    merges: tuple[Merge, ...]


def learn_pieces(
    words: Mapping[str, int], *, size: int, minimum_count: int, specials: Collection[str]
) -> LearntPieces:
    """Find the pieces of the words of the training split.

    Args:
        words: how often each stands there, without the specials.
        size: the most pieces, but all characters are kept.
        minimum_count: rarer characters are unknown; a pair is joined that stands there so often,
            and twice at least.
        specials: what no piece may be.

    Raises:
        UserError: tokenizers is not installed.
    """
    words = {word: count for word, count in words.items() if not HALF_PAIR.search(word)}
    characters: Counter[str] = Counter({WORD_START: 0})
    for word, count in words.items():
        for character in _marked(word):
            characters[character] += count
    alphabet = [c for c in sorted(characters) if characters[c] >= minimum_count]
    parts = _without_rare(words, frozenset(alphabet))
    trained = _train(parts, size, max(2, minimum_count))
    merges = tuple(_possible(trained, alphabet, specials))
    pieces = [*alphabet, *map("".join, merges)]
    return LearntPieces(count_pieces(words, pieces, merges, specials), merges)


def _marked(word: str) -> str:
    """Put the mark before a word, in which it stands nowhere else then."""
    return WORD_START + word.translate(_TO_ESCAPES)


def _without_rare(words: Mapping[str, int], alphabet: Collection[str]) -> Counter[str]:
    """Cut marked words at the characters that are no pieces, and count the parts.

    The library would count those characters among the pieces asked for, and join them too.
    """
    parts: Counter[str] = Counter()
    for word, count in words.items():
        for inside, run in groupby(_marked(word), alphabet.__contains__):
            if inside:
                parts["".join(run)] += count
    return parts


def count_pieces(
    words: Mapping[str, int],
    pieces: Iterable[str],
    merges: Sequence[Merge],
    specials: Collection[str],
) -> dict[str, int]:
    """Count each piece in words that stand somewhere so often."""
    counts = dict.fromkeys(pieces, 0)
    cutter = PieceCutter(counts, merges, specials)
    for word, count in words.items():
        for piece in cutter.cut([word]):
            if piece in counts:
                counts[piece] += count
    return counts


def _train(parts: Mapping[str, int], size: int, minimum_count: int) -> Iterator[Merge]:
    require_extra("subwords", "tokenizers", wanted_by="subwords")
    from tokenizers import Tokenizer
    from tokenizers.models import BPE
    from tokenizers.pre_tokenizers import Split
    from tokenizers.trainers import BpeTrainer

    tokenizer = Tokenizer(BPE())
    tokenizer.pre_tokenizer = Split("\n", behavior="removed")
    trainer = BpeTrainer(vocab_size=size, min_frequency=minimum_count, show_progress=False)
    lines = ("\n".join([part] * parts[part]) for part in sorted(parts))
    tokenizer.train_from_iterator(lines, trainer)
    # The library shows what it learnt in no other way.
    pairs: list[Merge] = json.loads(tokenizer.to_str())["model"]["merges"]
    return ((first, second) for first, second in pairs)


def _possible(
    merges: Iterable[Merge], alphabet: Iterable[str], specials: Collection[str]
) -> Iterator[Merge]:
    """Yield the merges of pieces that there are, but none that makes a special."""
    known = set(alphabet)
    for first, second in merges:
        if first in known and second in known and first + second not in specials:
            known.add(first + second)
            yield first, second


class PieceCutter:
    """Cuts words into pieces.

    Args:
        pieces: all there are: characters, and what merges make of them.
        merges: in the order in which they are tried.
        specials: words that stay whole, and get no mark.

    Raises:
        UserError: tokenizers is not installed.
    """

    def __init__(
        self, pieces: Iterable[str], merges: Sequence[Merge], specials: Collection[str]
    ) -> None:
        require_extra("subwords", "tokenizers", wanted_by="a vocabulary of subwords")
        from tokenizers.models import BPE

        numbers = {piece: i for i, piece in enumerate([_OTHER, *pieces])}
        self._model = BPE(numbers, list(merges), unk_token=_OTHER)
        self._specials = frozenset(specials)
        self._known: dict[str, tuple[str, ...]] = {}

    def cut(self, words: Iterable[str]) -> list[str]:
        """Return the pieces of all words; a character that is no piece stands alone."""
        found: list[str] = []
        for word in words:
            pieces = self._known.get(word)
            found += self._find(word) if pieces is None else pieces
        return found

    def _find(self, word: str) -> tuple[str, ...]:
        pieces = (word,) if word in self._specials else tuple(self._pieces(_marked(word)))
        if len(self._known) < MOST_KNOWN:
            self._known[word] = pieces
        return pieces

    def _pieces(self, marked: str) -> Iterator[str]:
        if HALF_PAIR.search(marked):
            yield marked
            return
        for token in self._model.tokenize(marked):
            if token.value == _OTHER:
                start, end = token.offsets  # in bytes
                yield marked.encode()[start:end].decode()
            else:
                yield token.value


def join_pieces(pieces: Iterable[str], specials: Collection[str]) -> list[str]:
    """Return the words that pieces are of; a text may begin in the middle of a word."""
    words: list[str] = []
    inside = False
    for piece in pieces:
        if piece in specials:
            words.append(piece)
        elif piece.startswith(WORD_START) or not inside:
            words.append(piece.removeprefix(WORD_START))
        else:
            words[-1] += piece
        inside = piece not in specials
    return [word if word in specials else _unescaped(word) for word in words]


def _unescaped(word: str) -> str:
    return _ESCAPE.sub(lambda escape: _FROM_ESCAPES[escape[0]], word)
