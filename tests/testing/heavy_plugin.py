"""A plugin that imports at once what only its use needs."""

import sklearn  # noqa: F401

from tests.testing.toy import ToyTask


def create(config):
    return ToyTask(config)
