"""Libraries that are installed only by those who use them."""

import pytest

from seqkit.errors import UserError
from seqkit.extras import require_extra


def test_what_is_installed_is_no_matter() -> None:
    require_extra("tune", "numpy", wanted_by="seqkit tune")


def test_what_is_missing_is_named_with_how_to_install_it() -> None:
    with pytest.raises(UserError) as caught:
        require_extra("tune", "no_such_library", wanted_by="seqkit tune")
    assert str(caught.value) == (
        "seqkit tune needs no_such_library, which is not installed; "
        "install it with: pip install 'seqkit[tune]'"
    )
