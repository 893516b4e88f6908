"""What a message says about a name that was mistyped."""

import pytest

from seqkit.suggestions import did_you_mean, nearest, suggest


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("lst", "did you mean 'lstm'?"),
        ("LSMT", "did you mean 'lstm'?"),
        ("conv", "valid: lstm, gru"),
    ],
)
def test_the_nearest_name_or_all_of_them(name: str, hint: str) -> None:
    assert suggest(name, ["lstm", "gru"]) == hint


def test_nothing_to_name() -> None:
    assert suggest("lstm", []) == "valid: none"
    assert nearest("lstm", []) is None


def test_a_long_list_is_cut() -> None:
    assert suggest("zzz", [f"name{i}" for i in range(30)]).endswith("name19, ...")


def test_the_nearest_name_and_all_of_them() -> None:
    assert did_you_mean("lable", ["text", "label"]) == (
        "did you mean 'label'? Valid are: 'text', 'label'"
    )
