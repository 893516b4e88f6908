"""Words as numbers and back.

A vocabulary is fitted on the training split and never changes afterwards. Its order depends on
the counts and the words alone, so that the same text gives the same ids on every machine.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, repeat
from typing import Any, NamedTuple, TypeGuard

import numpy as np

from seqkit.arrays import IntArray
from seqkit.digests import short_digest
from seqkit.errors import Problem, UserError, and_more
from seqkit.kernels.rows import stretches
from seqkit.suggestions import nearest
from seqkit.text.pieces import Merge, PieceCutter, count_pieces, join_pieces, learn_pieces

__all__ = ["END", "UNKNOWN", "IdSeries", "Vocabulary"]

UNKNOWN = "<unk>"
"""The mark that stands for every word outside the vocabulary."""

END = "<eos>"
"""The mark that ends a line or a sequence."""


class IdSeries(NamedTuple):
    """The ids of many examples, end to end.

    Attributes:
        ids: (M,)
        starts: (N,) where each example begins.
        lengths: (N,) how many it has.
    """

    ids: IntArray
    starts: IntArray
    lengths: IntArray

    def of(self, examples: IntArray) -> tuple[IntArray, IntArray]:
        """Return the ids of some examples end to end, and their lengths."""
        lengths = self.lengths[examples]
        return self.ids[stretches(self.starts[examples], lengths)].astype(np.int64), lengths


@dataclass(frozen=True, repr=False)
class Vocabulary:
    """An immutable list of distinct words; a word's id is its place.

    The specials come first. ``"<unk>"`` among them is what unknown words become; ``"<eos>"`` is
    the end mark. There is no padding mark, because nothing is ever padded. A special that stands
    in the text itself, as ``<unk>`` does in WikiText, is that special.

    With merges, what it lists are pieces (:mod:`seqkit.text.pieces`), and the tokens that it
    encodes are cut into these first.

    Attributes:
        words: (V,) the words, specials first.
        specials: the words that are marks; by default the unknown mark alone.
        counts: (V,) how often each stood in the text fitted on, or None; no part of equality.
        merges: which pieces are joined, in order; None where tokens are looked up whole.

    Raises:
        ValueError: a duplicate, a special that is missing or out of place, counts that do not fit
            the words, or a merge of or to what is no word.
    """

    words: tuple[str, ...]
    specials: tuple[str, ...] = (UNKNOWN,)
    counts: tuple[int, ...] | None = None
    merges: tuple[Merge, ...] | None = None

    def __post_init__(self) -> None:
        _check_parts(self.words, self.specials, self.counts)
        if self.merges is not None:
            _check_merges(self.words, self.specials, self.merges)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Vocabulary):
            return NotImplemented
        return self._identity == other._identity

    def __hash__(self) -> int:
        return hash(self._identity)

    def __repr__(self) -> str:
        kind = "words" if self.merges is None else "pieces"
        return f"Vocabulary({len(self)} {kind}, specials={self.specials})"

    @property
    def _identity(self) -> tuple[object, ...]:
        return self.words, self.specials, self.merges

    def __len__(self) -> int:
        return len(self.words)

    def __contains__(self, word: object) -> bool:
        return word in self.ids

    @cached_property
    def ids(self) -> Mapping[str, int]:
        """The id of each word."""
        return {word: number for number, word in enumerate(self.words)}

    @cached_property
    def digest(self) -> str:
        """Short digits that are equal for the same words and specials, whatever their order."""
        marks = "\0".join(sorted(self.specials))
        contents = "\0".join([marks, "", *sorted(self.words)])
        return short_digest(contents.encode("utf-8", "surrogatepass"))

    @property
    def unknown_id(self) -> int | None:
        """The id that unknown words get, or None where unknown words are refused."""
        return self.ids[UNKNOWN] if UNKNOWN in self.specials else None

    @property
    def end_id(self) -> int | None:
        """The id of the end mark, or None."""
        return self.ids[END] if END in self.specials else None

    @classmethod
    def fit(
        cls,
        examples: Iterable[Iterable[str]],
        *,
        minimum_count: int = 1,
        maximum_size: int | None = None,
        specials: Sequence[str] = (UNKNOWN,),
    ) -> "Vocabulary":
        """Count the words of the training split and keep the frequent ones.

        Args:
            examples: the tokens of each example.
            minimum_count: rarer words are left out; the specials never are.
            maximum_size: the most words to keep, specials included; by default all.
            specials: marks to put first. ``()`` for a closed set, such as labels.

        Returns:
            The specials, then the words by falling count, equal counts in order of code points.

        Raises:
            ValueError: a size or count below 1, or a maximum size without room for the specials.
            TypeError: an example is one string instead of a series of tokens.
        """
        if minimum_count < 1:
            raise ValueError(f"minimum_count must be at least 1, found {minimum_count}")
        if maximum_size is not None and maximum_size < max(1, len(specials)):
            raise ValueError(
                f"maximum_size must be at least {max(1, len(specials))}, found {maximum_size}"
            )
        marks, words = _count_apart(examples, specials)
        frequent = {word: count for word, count in words.items() if count >= minimum_count}
        return cls._of_counted(marks, frequent, maximum_size=maximum_size)

    @classmethod
    def fit_pieces(
        cls,
        examples: Iterable[Iterable[str]],
        *,
        size: int,
        minimum_count: int = 1,
        specials: Sequence[str] = (UNKNOWN,),
    ) -> "Vocabulary":
        """Find pieces that the words of the training split can be cut into.

        Args:
            examples: the tokens of each example.
            size: the most pieces, specials included; but all characters are kept.
            minimum_count: rarer characters are unknown, and no pair is joined that is rarer.
            specials: marks to put first; the unknown mark must be among them.

        Returns:
            The specials, then the pieces by falling count, equal counts in order of code points.

        Raises:
            ValueError: a size or count below 1, or no unknown mark.
            TypeError: an example is one string instead of a series of tokens.
            UserError: the library tokenizers is not installed.
        """
        if size < 1 or minimum_count < 1:
            raise ValueError(
                f"size and minimum_count must be at least 1, found {size} and {minimum_count}"
            )
        if UNKNOWN not in specials:
            raise ValueError(f"specials must have {UNKNOWN!r}, found {list(specials)}")
        marks, words = _count_apart(examples, specials)
        room = max(0, size - len(marks))
        learnt = learn_pieces(words, size=room, minimum_count=minimum_count, specials=specials)
        return cls._of_counted(marks, learnt.counts, merges=learnt.merges)

    @classmethod
    def of_pieces(
        cls,
        pieces: Iterable[str],
        merges: Sequence[Merge],
        examples: Iterable[Iterable[str]],
        *,
        specials: Sequence[str] = (UNKNOWN,),
    ) -> "Vocabulary":
        """Return a vocabulary of pieces that were learnt elsewhere, counted in some examples.

        Args:
            pieces: without marks.
            merges: of them.
            examples: the tokens of each.
            specials: marks to put first; the unknown mark must be among them.

        Raises:
            ValueError: no unknown mark, or merges that do not fit the pieces.
            TypeError: an example is one string instead of a series of tokens.
            UserError: the library tokenizers is not installed.
        """
        marks, words = _count_apart(examples, specials)
        counts = count_pieces(words, pieces, merges, specials)
        return cls._of_counted(marks, counts, merges=tuple(merges))

    @classmethod
    def _of_counted(
        cls,
        marks: list[tuple[str, int]],
        counts: Mapping[str, int],
        *,
        merges: tuple[Merge, ...] | None = None,
        maximum_size: int | None = None,
    ) -> "Vocabulary":
        """Put the marks first, then the words by falling count."""
        kept = marks + sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        kept = kept[:maximum_size]
        specials = tuple(mark for mark, _ in marks)
        return cls(tuple(w for w, _ in kept), specials, tuple(n for _, n in kept), merges)

    def extended(self, words: Iterable[str], *, maximum_size: int | None = None) -> "Vocabulary":
        """Return a vocabulary with further words behind these, counted 0 times.

        Args:
            words: in the order wanted; those that are known and repetitions are left out.
            maximum_size: the most words of both together; by default all.

        Raises:
            ValueError: this one is of pieces, which no token would be cut into.
        """
        if self.merges is not None:
            raise ValueError(
                "pieces cannot be added: tokens are cut by the merges that were learnt"
            )
        every = tuple(dict.fromkeys(chain(self.words, words)))
        if maximum_size is not None:
            every = every[: max(maximum_size, len(self))]
        counts = self.counts
        if counts is not None:
            counts = (*counts, *repeat(0, len(every) - len(self)))
        return Vocabulary(every, self.specials, counts)

    @cached_property
    def _cutter(self) -> PieceCutter:
        return PieceCutter(self.words[len(self.specials) :], self.merges or (), self.specials)

    def cut(self, tokens: Iterable[str]) -> Sequence[str]:
        """Return the pieces of tokens where this vocabulary is of pieces, and else the tokens."""
        if self.merges is not None:
            return self._cutter.cut(tokens)
        # The first two are asked for by name because that takes a tenth of the time.
        return tokens if isinstance(tokens, (tuple, list, Sequence)) else list(tokens)

    def join(self, words: Iterable[str]) -> list[str]:
        """Return the tokens that words of this vocabulary are: what :meth:`cut` has cut."""
        return list(words) if self.merges is None else join_pieces(words, self.specials)

    def unknown(self, tokens: Iterable[str]) -> list[str]:
        """Return the tokens that are unknown, or have an unknown piece; repetitions too."""
        if self.merges is None:
            return [token for token in tokens if token not in self.ids]
        return [token for token in tokens if any(p not in self.ids for p in self.cut([token]))]

    def encode(self, tokens: Iterable[str]) -> IntArray:
        """Return the ids of tokens (length,), or of their pieces.

        Raises:
            UserError: a word is unknown and the vocabulary has no unknown mark.
            TypeError: ``tokens`` is one string.
        """
        if isinstance(tokens, str):
            raise TypeError("encode wants a series of tokens, found one string")
        return self.look_up(tokens if self.merges is None else self.cut(tokens))

    def look_up(self, tokens: Iterable[str]) -> IntArray:
        """Return the ids of words or pieces, which are not cut any more. Errors as above."""
        unknown = self.unknown_id
        if unknown is not None:
            # One pass in C: 2 million tokens take about a tenth of a second.
            return np.fromiter(map(self.ids.get, tokens, repeat(unknown)), dtype=np.int64)
        tokens = list(tokens)
        try:
            return np.fromiter(map(self.ids.__getitem__, tokens), dtype=np.int64, count=len(tokens))
        except KeyError:
            raise self._unknown_words(tokens) from None

    def encode_flat(self, examples: Iterable[Sequence[str]]) -> tuple[IntArray, IntArray]:
        """Return the ids of all examples end to end (M,), and the examples' lengths (N,).

        This is what :func:`seqkit.sequences.pack_flat` takes. Errors as in :meth:`encode`.
        """
        examples = list(examples)
        if any(isinstance(tokens, str) for tokens in examples):
            raise TypeError("encode_flat wants series of tokens, found a string among them")
        cut = [self.cut(tokens) for tokens in examples]
        lengths = np.fromiter(map(len, cut), dtype=np.int64, count=len(cut))
        return self.look_up(chain.from_iterable(cut)), lengths

    def encode_series(self, examples: Iterable[Sequence[str]]) -> "IdSeries":
        """Return the ids of many examples, from which batches can be taken; they are small.

        One by one, words are looked up in memory that what is computed between two batches has
        pushed out of the cache, which takes several times as long. Errors as in :meth:`encode`.
        """
        ids, lengths = self.encode_flat(examples)
        return IdSeries(ids.astype(np.int32), np.cumsum(lengths) - lengths, lengths)

    def decode(self, ids: Iterable[int] | IntArray) -> list[str]:
        """Return the words of ids, from any iterable or an array (length,).

        Raises:
            ValueError: an id is negative or not below V.
        """
        numbers = np.asarray(ids if isinstance(ids, np.ndarray) else list(ids), dtype=np.int64)
        if numbers.ndim != 1:
            raise ValueError(f"ids must have one axis, found the shape {numbers.shape}")
        wrong = numbers[(numbers < 0) | (numbers >= len(self))]
        if len(wrong):
            raise ValueError(f"ids must be from 0 to {len(self) - 1}, found {wrong[:10].tolist()}")
        return [self.words[number] for number in numbers.tolist()]

    def to_json(self) -> dict[str, Any]:
        """Return plain lists and strings that ``json`` can write."""
        document: dict[str, Any] = {"words": list(self.words), "specials": list(self.specials)}
        if self.counts is not None:
            document["counts"] = list(self.counts)
        if self.merges is not None:
            document["merges"] = [list(pair) for pair in self.merges]
        return document

    @classmethod
    def from_json(cls, document: object) -> "Vocabulary":
        """Return the vocabulary that :meth:`to_json` described.

        Raises:
            UserError: wrong types, unknown or missing keys, duplicates, a special that is missing
                or out of place, merges that do not fit or want a library that is not installed.
        """
        problems = _json_problems(document)
        if problems:
            raise UserError(problems)
        assert isinstance(document, dict)
        counts, merges = document.get("counts"), document.get("merges")
        try:
            vocabulary = cls(
                tuple(document["words"]),
                tuple(document["specials"]),
                None if counts is None else tuple(counts),
                None if merges is None else tuple((first, second) for first, second in merges),
            )
            # What the library of the pieces will not take, or its absence, shows here.
            vocabulary.cut(())
        except ValueError as error:
            raise UserError(Problem(str(error), "vocabulary")) from None
        return vocabulary

    @classmethod
    def from_resources(
        cls, resources: Mapping[str, Any], name: str, *, specials: tuple[str, ...]
    ) -> "Vocabulary":
        """Return one of the vocabularies of a model, checked: a file may hold anything.

        Raises:
            UserError: as :meth:`from_json`, or other specials than wanted; the error has the name.
        """
        try:
            vocabulary = cls.from_json(resources[name])
        except UserError as error:
            raise UserError([Problem(p.message, name) for p in error.problems]) from None
        if vocabulary.specials != specials:
            found = f"wanted the specials {specials}, found {vocabulary.specials}"
            raise UserError(Problem(found, name))
        return vocabulary

    def _unknown_words(self, tokens: list[str]) -> UserError:
        missing = [token for token in dict.fromkeys(tokens) if token not in self.ids]
        problems = []
        for word in missing[:20]:
            # Comparing is slow; a closed set is small, and of an open one the frequent will do.
            best = nearest(word, self.words[:1000])
            hint = f"; did you mean {best!r}?" if best else ""
            problems.append(Problem(f"{word!r} is none of the {len(self)} known names{hint}"))
        return UserError([*problems, *and_more(len(missing) - 20, "unknown names")])


def _count(examples: Iterable[Iterable[str]]) -> Counter[str]:
    if isinstance(examples, str):
        raise TypeError("fit wants the tokens of each example, found one string")
    counter: Counter[str] = Counter()
    for tokens in examples:
        if isinstance(tokens, str):
            raise TypeError(f"fit wants the tokens of each example, found the string {tokens!r}")
        counter.update(tokens)
    return counter


def _count_apart(
    examples: Iterable[Iterable[str]], specials: Sequence[str]
) -> tuple[list[tuple[str, int]], Counter[str]]:
    """Count the specials, in their order, and all other words."""
    words = _count(examples)
    return [(mark, words.pop(mark, 0)) for mark in specials], words


def _check_parts(
    words: tuple[str, ...], specials: tuple[str, ...], counts: tuple[int, ...] | None
) -> None:
    if words[: len(specials)] != specials:
        raise ValueError(
            f"the first words must be the specials {list(specials)}, "
            f"found {list(words[: len(specials)])}"
        )
    if len(set(words)) != len(words):
        twice = [word for word, count in Counter(words).items() if count > 1]
        raise ValueError(f"words must be distinct, found twice: {twice[:10]}")
    if counts is not None and len(counts) != len(words):
        raise ValueError(f"{len(words)} words need as many counts, found {len(counts)}")
    if counts is not None and min(counts, default=0) < 0:
        raise ValueError(f"counts must be at least 0, found {min(counts)}")


def _check_merges(
    words: tuple[str, ...], specials: tuple[str, ...], merges: tuple[Merge, ...]
) -> None:
    if UNKNOWN not in specials:
        raise ValueError(f"pieces want the special {UNKNOWN!r}, found {list(specials)}")
    "".join(words).encode()  # the library of the pieces takes no half of a surrogate pair
    known = set(words) - set(specials)
    for first, second in merges:
        for piece in (first, second, first + second):
            if piece not in known:
                raise ValueError(f"a merge is of {piece!r}, which is no piece")


def _json_problems(document: object) -> list[Problem]:
    if not isinstance(document, dict):
        found = type(document).__name__
        return [Problem(f"wanted an object with words and specials, found {found}", "vocabulary")]
    problems = [
        Problem(f"unknown key {key!r}, wanted words, specials, counts and merges", "vocabulary")
        for key in document
        if key not in ("words", "specials", "counts", "merges")
    ]
    problems += [
        Problem(f"{key!r} must be a list of strings", "vocabulary")
        for key in ("words", "specials")
        if not _is_list_of(document.get(key), str)
    ]
    counts = document.get("counts")
    if counts is not None and not _is_list_of(counts, int):
        problems.append(Problem("'counts' must be a list of whole numbers", "vocabulary"))
    merges = document.get("merges")
    pairs = isinstance(merges, list) and all(_is_list_of(p, str) and len(p) == 2 for p in merges)
    if merges is not None and not pairs:
        problems.append(Problem("'merges' must be a list of pairs of strings", "vocabulary"))
    return problems


def _is_list_of(value: object, kind: type) -> TypeGuard[list[Any]]:
    # type() and not isinstance(): True is no count.
    return isinstance(value, list) and all(type(item) is kind for item in value)
