"""Checks for layers and tasks: for seqkit's own tests, and for those of plugin authors."""
