"""The same work in PyTorch, written as one who knows PyTorch well writes it.

Nothing here imports seqkit, so that a peer's process holds what a PyTorch user's would.
"""
