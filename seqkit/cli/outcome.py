"""From what happened to an exit status and the lines that say why.

0 done; 1 a failure of seqkit's own or of a plugin; 2 the user's mistake; 3 a broken plugin, where
plugins are held to be strict; 130 interrupted.
"""

import errno
import os
import sys
import traceback
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from seqkit.cli.notices import say
from seqkit.cli.standard_streams import ClosedPipeError, guarded_streams
from seqkit.errors import SeqkitError, UserError

if TYPE_CHECKING:
    from seqkit.plugins import PluginRecord

__all__ = ["TRACEBACK_VARIABLE", "InterruptedByUser", "exit_status"]

TRACEBACK_VARIABLE = "SEQKIT_TRACEBACK"
"""Environment variable: show where an internal error came from."""


LONGEST_SHOWN = 80
"""Characters of a path that is told of; where a text was taken for one, it may be very long."""

ADVICE = {
    errno.EACCES: "change its permissions, or choose another path",
    errno.EPERM: "change its permissions, or choose another path",
    errno.ENAMETOOLONG: "wanted the path of a file or folder",
}
"""What to do where it is not known whether the path was to be read or written."""

ONLY_WRITTEN = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)
"""What the system refuses with only where something is written."""


class InterruptedByUser(Exception):  # noqa: N818 - it is no error
    """Ctrl-C; typer would swallow a KeyboardInterrupt without a word."""


def exit_status(arguments: Sequence[str] | None) -> int:
    """Run a command; print to stderr whatever it raises, and return the exit status."""
    with guarded_streams():
        return _status_of(arguments)


def _status_of(arguments: Sequence[str] | None) -> int:
    try:
        from seqkit.cli.app import application

        result = application().main(
            args=None if arguments is None else list(arguments),
            prog_name="seqkit",
            standalone_mode=False,
        )
        sys.stdout.flush()  # help was only printed, and may not be written
    except SystemExit as error:  # shell completion ends so
        return error.code if isinstance(error.code, int) else 1
    except (KeyboardInterrupt, InterruptedByUser):
        return _say(130, "interrupted")
    except ClosedPipeError:
        return 0
    except Exception as error:
        return _failure(error)
    return result if isinstance(result, int) else 0


def _failure(error: Exception) -> int:
    if isinstance(error, UserError):
        return _say(2, *map(str, error.problems))
    if hasattr(error, "format_message"):  # typer's usage errors; older versions had no public base
        return _usage(error)
    if os.environ.get(TRACEBACK_VARIABLE):
        traceback.print_exception(error)
    if isinstance(error, SeqkitError):
        return _say(1, f"seqkit: {error}")
    if isinstance(error, MemoryError):
        return _say(1, "seqkit: out of memory; a smaller --batch-size or --units needs less")
    if isinstance(error, OSError) and error.filename is not None:
        return _say(2, _refusal(error))
    return _say(1, f"{_unforeseen(error)}; {TRACEBACK_VARIABLE}=1 shows the traceback")


def _unforeseen(error: Exception) -> str:
    """Say what nobody raised on purpose, and whose code it came from."""
    from seqkit.plugin_code import innermost_line, plugin_at_fault
    from seqkit.plugins import loaded_host

    text = " ".join(f"{type(error).__name__}: {error}".split())
    host = loaded_host()
    found = None if host is None else plugin_at_fault(error, host.records)
    if found is not None:
        record, place = found
        return f"plugin {record.title} failed: {text}{place}"
    said = f"seqkit: internal error: {text}{innermost_line(error)}"
    return "; ".join([said, *map(_suspicion, () if host is None else host.in_use)])


def _suspicion(record: "PluginRecord") -> str:
    """What a plugin returns wrongly, or leaves out, is often missed in seqkit's code only."""
    checked = f": 'seqkit plugins check {record.name}' looks for its mistakes"
    return f"plugin {record.title} is in use" + (checked if record.tasks else "")


def _refusal(error: OSError) -> str:
    """What the system refused to do with a path that the user has named."""
    path = os.fsdecode(error.filename)
    if len(path) > LONGEST_SHOWN:
        path = f"{path[:LONGEST_SHOWN]}..."
    if error.errno in ONLY_WRITTEN:
        from seqkit.files import advice_on

        return f"{path}: cannot be written: {advice_on(error)}"
    advice = ADVICE.get(error.errno or 0, "check the path, and what may be done with it")
    return f"{path}: {error.strerror}; {advice}"


def _usage(error: Exception) -> int:
    message = str(error.format_message()) if hasattr(error, "format_message") else str(error)
    context = getattr(error, "ctx", None)
    command = getattr(context, "command_path", "")  # the parser does not know its command
    if message:  # empty where the help was shown instead
        hints = [f"'{command} --help' shows what there is"] if command else []
        _say(2, f"{command or 'seqkit'}: {message}", *_hint_at_set(error, context), *hints)
    return int(getattr(error, "exit_code", 2))


def _hint_at_set(error: Exception, context: Any) -> list[str]:
    """Say how a task's option is given where only ``seqkit run`` has a flag for it."""
    flag = getattr(error, "option_name", None) or ""
    parameters = getattr(getattr(context, "command", None), "params", ())
    known = [name for each in parameters for name in each.opts]
    if not flag.startswith("--") or flag in known or "--set" not in known:
        return []
    name = flag.removeprefix("--").partition("=")[0].replace("-", "_")
    return [f"if it is an option of the task: --set {name}=..."]


def _say(status: int, *lines: str) -> int:
    say(*lines)
    return status
