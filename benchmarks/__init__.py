"""seqkit against PyTorch, side by side: ``python -m benchmarks``.

Nothing here is part of the library. PyTorch comes with the extra ``bench`` and is imported inside
functions only, so that ``python -m benchmarks --help`` and the tests do without it.
"""
