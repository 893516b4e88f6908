"""Recurrences on packed arrays: pure functions, forward and backward side by side.

``reference`` is the textbook in any dtype; the other modules hold fast kernels for float32 and
float64, tested to agree with it. ``dispatch`` picks one. Nothing outside this package knows which.
"""
