"""The command line: ``seqkit``. The only room that imports typer and rich, and only when asked."""

from collections.abc import Sequence

__all__ = ["main", "run_command_line"]


def main() -> None:
    """Run the command line with the process's arguments, and exit with its status."""
    import gc
    import sys

    from seqkit.cli.startup import postpone_collection

    postpone_collection()
    status = run_command_line()
    gc.freeze()  # or Python would look through everything once more before it ends
    sys.exit(status)


def run_command_line(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status; nothing that it can meet is raised.

    Args:
        arguments: without the program's name; by default those of the process.
    """
    from seqkit.cli.outcome import exit_status

    return exit_status(arguments)
