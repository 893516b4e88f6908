"""``python -m seqkit`` is the command ``seqkit``."""

from seqkit.cli import main

if __name__ == "__main__":
    main()
