"""Ctrl-C: the first asks to stop after this step and save, the second stops at once."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

__all__ = ["StopSwitch", "stopping_on_interrupt"]


class StopSwitch:
    """Whether somebody asked to stop.

    Args:
        then: what follows the step that is being done, for the message.
    """

    def __init__(self, then: str = "then saving") -> None:
        self.pressed = False
        self._message = f"\nstopping after this step, {then}; Ctrl-C again stops at once\n"

    def __call__(self) -> bool:
        """Return whether it was pressed, as the training loop asks."""
        return self.pressed

    def press(self, *_: object) -> None:
        """Ask to stop; a second time, stop at once."""
        if self.pressed:
            raise KeyboardInterrupt
        self.pressed = True
        # Not print: the signal may arrive in the middle of one, which is not reentrant.
        with suppress(OSError):
            os.write(2, self._message.encode())


@contextmanager
def stopping_on_interrupt(then: str = "then saving") -> Iterator[StopSwitch]:
    """Give the switch that Ctrl-C presses while the block runs; see :class:`StopSwitch`."""
    switch = StopSwitch(then)
    if threading.current_thread() is not threading.main_thread():
        yield switch  # Python delivers signals to the main thread only
        return
    previous = signal.signal(signal.SIGINT, switch.press)
    try:
        yield switch
    finally:
        signal.signal(signal.SIGINT, previous)
