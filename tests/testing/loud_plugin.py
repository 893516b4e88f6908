"""A plugin that prints when it is imported."""

from tests.testing.toy import ToyTask

print("thank you for using this plugin")


def create(config):
    return ToyTask(config)
