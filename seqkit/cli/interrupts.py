"""Ctrl-C: the first asks to stop after this step and save, the second stops at once.

SIGTERM asks the same: schedulers and service managers send it, and kill only a while later.
"""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

__all__ = ["StopSwitch", "stopping_on_interrupt"]

STOPPING = (signal.SIGINT, signal.SIGTERM)


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
    """Give the switch that Ctrl-C or SIGTERM presses in the block; see :class:`StopSwitch`."""
    switch = StopSwitch(then)
    if threading.current_thread() is not threading.main_thread():
        yield switch  # Python delivers signals to the main thread only
        return
    previous = {number: signal.signal(number, switch.press) for number in STOPPING}
    try:
        yield switch
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
