"""Starting without looking for garbage: what is imported then is there to stay.

Python would look through it a hundred times before the first answer, and once more at the end.
"""

import gc

__all__ = ["begin_work", "postpone_collection"]

_postponed = False


def postpone_collection() -> None:
    """Look for no garbage before :func:`begin_work`; for a process of the command line's own."""
    global _postponed
    _postponed = gc.isenabled()
    gc.disable()


def begin_work() -> None:
    """End what :func:`postpone_collection` began: from here on, look for garbage that is new."""
    global _postponed
    if _postponed:
        _postponed = False
        gc.freeze()
        gc.enable()
