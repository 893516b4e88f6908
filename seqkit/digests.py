"""Short names for long contents, to tell whether two are the same."""

import hashlib

__all__ = ["short_digest"]


def short_digest(contents: bytes) -> str:
    """Return eight hexadecimal digits that differ, but for one chance in 4 billion, if they do."""
    return hashlib.sha256(contents).hexdigest()[:8]
