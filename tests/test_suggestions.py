"""What a message says about a name that was mistyped."""

import unicodedata

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


@pytest.mark.parametrize("name", ["문자", "몬장", unicodedata.normalize("NFD", "문장")])
def test_hangul_is_compared_letter_by_letter(name: str) -> None:
    assert suggest(name, ["감정", "문장"]) == "did you mean '문장'?"


def test_nothing_to_name() -> None:
    assert suggest("lstm", []) == "valid: none"
    assert nearest("lstm", []) is None


def test_a_long_list_is_cut() -> None:
    assert suggest("zzz", [f"name{i}" for i in range(30)]).endswith("name19, ...")


def test_all_names_where_none_is_near() -> None:
    assert did_you_mean("zzz", ["text", "label"]) == "valid are: 'text', 'label'"


def test_the_nearest_name_and_all_of_them() -> None:
    assert did_you_mean("lable", ["text", "label"]) == (
        "did you mean 'label'? Valid are: 'text', 'label'"
    )
