"""Make ``entities.json``: scores of random tag sequences by others' definitions.

    python -m tests.golden.make_entities

Two sources that share no code with seqkit:

* for IOB1 and IOB2, :func:`conlleval` below: the published evaluation script of the CoNLL shared
  tasks, its start and end tables and its loop written out once more, rule for rule;
* for IOBES, which that script does not know whole, and for the strict mode, seqeval 1.2.2
  (``pip install seqeval==1.2.2``), in its default and in its strict mode.

There is no golden strict mode of IOB1: after a ``B`` that IOB1 does not allow, seqeval lets an
entity begin in the middle of the words (``B-PER I-PER`` gives the second word alone).
"""

import json
import random
from collections import Counter
from pathlib import Path

SENTENCES = 80
TYPES = ("PER", "LOC", "WORK-OF-ART")
PREFIXES = {"iob1": "IB", "iob2": "BI", "iobes": "BIES"}

ENDS = {"BB", "BO", "IB", "IO", "EE", "EI", "EO"}
STARTS = {"BB", "IB", "OB", "OI", "EE", "EI", "OE"}

Tags = list[list[str]]


def parts(tag: str) -> tuple[str, str]:
    return ("O", "") if tag == "O" else (tag[0], tag[2:])


def chunk_ends(before: str, tag: str) -> bool:
    (last, last_type), (prefix, kind) = parts(before), parts(tag)
    return last + prefix in ENDS or (last != "O" and last_type != kind)


def chunk_starts(before: str, tag: str) -> bool:
    (last, last_type), (prefix, kind) = parts(before), parts(tag)
    return last + prefix in STARTS or (prefix != "O" and last_type != kind)


def conlleval(gold: Tags, predicted: Tags) -> dict[str, tuple[int, int, int]]:
    """Return (right, gold, predicted) of each type."""
    right, found, guessed = Counter[str](), Counter[str](), Counter[str]()
    pairs = [
        pair
        for a, b in zip(gold, predicted, strict=True)
        for pair in [*zip(a, b, strict=True), ("O", "O")]
    ]
    in_correct = False
    last, last_guess = "O", "O"
    for correct, guess in pairs:
        kind, guess_kind = parts(correct)[1], parts(guess)[1]
        if in_correct:
            ends, guess_ends = chunk_ends(last, correct), chunk_ends(last_guess, guess)
            if ends and guess_ends and parts(last)[1] == parts(last_guess)[1]:
                in_correct = False
                right[parts(last)[1]] += 1
            elif ends != guess_ends or kind != guess_kind:
                in_correct = False
        starts, guess_starts = chunk_starts(last, correct), chunk_starts(last_guess, guess)
        if starts and guess_starts and kind == guess_kind:
            in_correct = True
        found[kind] += starts
        guessed[guess_kind] += guess_starts
        last, last_guess = correct, guess
    return {kind: (right[kind], found[kind], guessed[kind]) for kind in TYPES}


def by_seqeval(gold: Tags, predicted: Tags, scheme: str, *, strict: bool) -> dict[str, list[float]]:
    """Return precision, recall and F1 of each type, and of all."""
    from seqeval.metrics import classification_report
    from seqeval.scheme import IOB2, IOBES

    schemes = {"iob2": IOB2, "iobes": IOBES}
    mode = {"mode": "strict", "scheme": schemes[scheme]} if strict else {}
    report = classification_report(gold, predicted, output_dict=True, zero_division=0, **mode)
    names = {"micro avg": "all"} | {kind: kind for kind in TYPES}
    columns = ("precision", "recall", "f1-score")
    return {name: [float(report[row][c]) for c in columns] for row, name in names.items()}


def by_conlleval(gold: Tags, predicted: Tags) -> dict[str, list[float]]:
    counts = conlleval(gold, predicted)
    totals = tuple(sum(column) for column in zip(*counts.values(), strict=True))
    return {name: shares(*row) for name, row in (counts | {"all": totals}).items()}


def shares(right: int, gold: int, predicted: int) -> list[float]:
    precision = right / predicted if predicted else 0.0
    recall = right / gold if gold else 0.0
    both = precision + recall
    return [precision, recall, 2 * precision * recall / both if both else 0.0]


def random_tags(rng: random.Random, scheme: str) -> list[str]:
    """Return tags that are illegal every few words, with types that go on and change."""
    tags: list[str] = []
    for _ in range(rng.randrange(13)):
        kind = parts(tags[-1])[1] if tags and rng.random() < 0.6 else ""
        kind = kind or rng.choice(TYPES)
        tags.append("O" if rng.random() < 0.35 else f"{rng.choice(PREFIXES[scheme])}-{kind}")
    return tags


def noisy(rng: random.Random, tags: list[str], scheme: str) -> list[str]:
    drawn = random_tags(rng, scheme) + ["O"] * len(tags)
    return [b if rng.random() < 0.25 else a for a, b in zip(tags, drawn, strict=False)]


def main() -> None:
    rng = random.Random(17)
    cases: dict[str, dict[str, object]] = {}
    for scheme in PREFIXES:
        gold = [random_tags(rng, scheme) for _ in range(SENTENCES)]
        predicted = [noisy(rng, tags, scheme) for tags in gold]
        if scheme == "iobes":
            conll = by_seqeval(gold, predicted, scheme, strict=False)
        else:
            conll = by_conlleval(gold, predicted)
        cases[scheme] = {
            "gold": [" ".join(tags) for tags in gold],
            "predicted": [" ".join(tags) for tags in predicted],
            "conll": conll,
        }
        if scheme != "iob1":
            cases[scheme]["strict"] = by_seqeval(gold, predicted, scheme, strict=True)
    path = Path(__file__).with_name("entities.json")
    path.write_text(json.dumps(cases, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
