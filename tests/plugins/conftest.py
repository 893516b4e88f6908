from tests.plugins.site import site

__all__ = ["site"]
