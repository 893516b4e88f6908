"""What every test may use: the real data, and Hypothesis in a quick or a deep profile.

``SEQKIT_HYPOTHESIS_PROFILE=deep pytest`` searches long and at random; the quick profile is the
default and draws the same examples each time.
"""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("quick", max_examples=40, deadline=None, derandomize=True)
settings.register_profile("deep", max_examples=2000, deadline=None)
settings.load_profile(os.environ.get("SEQKIT_HYPOTHESIS_PROFILE", "quick"))

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def realdata() -> Callable[[str], Path]:
    """Return a function from a path below the real data's folder to its whole path.

    The folder is that of the environment variable ``SEQKIT_REALDATA``, or ``../shared/data`` from
    the repository's root. Where it is absent, the test is skipped. Mark tests that use it with
    ``@pytest.mark.realdata``.
    """
    folder = Path(os.environ.get("SEQKIT_REALDATA") or ROOT.parent / "shared" / "data")

    def find(name: str) -> Path:
        path = folder / name
        if not path.exists():
            pytest.skip(f"no real data: {name} is not in {folder} (set SEQKIT_REALDATA)")
        return path

    return find
