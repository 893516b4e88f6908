"""The nearest valid name to one that was mistyped, said the same way in every message."""

import unicodedata
from collections.abc import Iterable

__all__ = ["did_you_mean", "nearest", "suggest"]


_ELSEWHERE = {
    "embedding_dim": "embedding",
    "hidden_size": "units",
    "lr": "learning_rate",
    "max_iter": "epochs",
    "max_norm": "clip_norm",
    "n_epochs": "epochs",
    "n_jobs": "threads",
    "num_epochs": "epochs",
    "num_layers": "layers",
    "random_state": "seed",
}
"""What other libraries call it. No spelling leads from one to the other."""


def nearest(name: str, valid: Iterable[str]) -> str | None:
    """Return the valid name most like ``name``, upper and lower case alike, or None.

    Letters are compared one by one, those of Hangul syllables too: 문자 is near to 문장. A name
    that another library has for the same thing is as near as can be.
    """
    from difflib import get_close_matches

    valid = list(valid)
    if (same := _ELSEWHERE.get(name)) in valid:
        return same
    by_letters = {_letters(candidate): candidate for candidate in valid}
    matches = get_close_matches(_letters(name), by_letters, n=1, cutoff=0.6)
    return by_letters[matches[0]] if matches else None


def _letters(name: str) -> str:
    return unicodedata.normalize("NFD", name.casefold())


def did_you_mean(name: str, valid: Iterable[str]) -> str:
    """Return the end of a message: the nearest name where there is one, and all that are valid.

    Example:
        >>> did_you_mean("lable", ["text", "label"])
        "did you mean 'label'? Valid are: 'text', 'label'"
    """
    names = list(valid)
    listed = ", ".join(map(repr, names[:20])) + (", ..." if len(names) > 20 else "")
    best = nearest(name, names)
    return (f"did you mean {best!r}? Valid" if best else "valid") + f" are: {listed or 'none'}"


def suggest(name: str, valid: Iterable[str]) -> str:
    """Return the end of a message: the nearest name, or all that are valid where none is near.

    Example:
        >>> suggest("lsmt", ["rnn", "lstm"])
        "did you mean 'lstm'?"
    """
    names = list(valid)
    best = nearest(name, names)
    if best is not None:
        return f"did you mean {best!r}?"
    listed = ", ".join(names[:20]) + (", ..." if len(names) > 20 else "")
    return f"valid: {listed or 'none'}"
