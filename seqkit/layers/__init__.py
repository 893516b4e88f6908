"""Layers: they own parameters, and their forward pass returns its backward."""
