"""The plugin that ``docs/plugins.md`` builds is run as it is printed there."""

import inspect
import pkgutil
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import seqkit
from seqkit.estimators import estimator
from seqkit.plugin_loading import PluginSource
from seqkit.plugins import PluginHost, builtin_sources, use_host
from seqkit.testing import check_task
from seqkit.writing_model import WritingOptions

DOCS = Path(__file__).parents[2] / "docs"
EXAMPLE = DOCS / "examples" / "seqkit-guess"
PAGE = (DOCS / "plugins.md").read_text(encoding="utf-8")
NAMES = re.findall(r"`(seqkit(?:\.\w+)+)(?:\((.*?)\))?`", PAGE)
"""What the page calls by its whole name, with the arguments where it is called."""

WORDS = {
    "finnish": ["talo", "vesi", "kukka", "metsa", "lumi", "katu", "aamu", "kesa", "tuuli", "marja"],
    "german": ["haus", "wasser", "blume", "wald", "schnee", "strasse", "morgen", "sommer", "wind"],
}


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Iterator[PluginHost]:
    monkeypatch.syspath_prepend(str(EXAMPLE))
    import seqkit_guess

    own = PluginHost([*builtin_sources(), PluginSource.of("guess", seqkit_guess)])
    with use_host(own):
        yield own


@pytest.fixture
def words(tmp_path: Path) -> Path:
    """A file as the page describes it: a first line, and the pattern of the others."""
    said = re.search(
        r"`words\.tsv` begins with the line `(.+?)`.*?a line\s`(.+?)`", PAGE, re.DOTALL
    )
    assert said is not None
    head, pattern = (part.replace("<TAB>", "\t") for part in said.groups())
    lines = [
        pattern.replace("language", language).replace("word", word)
        for language, known in WORDS.items()
        for word in known
    ]
    path = tmp_path / "words.tsv"
    path.write_text("\n".join([head, *lines, ""]), encoding="utf-8")
    return path


def test_it_trains_saves_and_loads(host: PluginHost, words: Path, tmp_path: Path) -> None:
    report = seqkit.train("guess", data=words, output=tmp_path / "run", epochs=3, host=host)
    assert report.evaluation.headline.name == "accuracy"
    assert report.baselines[0].name == "commonest language"
    model = seqkit.load(tmp_path / "run", host=host)
    assert {guess.language for guess in model.predict(["kala", "fisch", ""])} <= set(WORDS)


def test_a_word_means_the_same_however_its_letters_were_typed(host: PluginHost) -> None:
    words = ["하늘", "바다", "구름", "mare", "cielo", "nuvola"]
    fitted = estimator("guess", host=host, epochs=1).fit(words, ["ko"] * 3 + ["it"] * 3)
    composed, apart = fitted.predict_proba(["하늘", unicodedata.normalize("NFD", "하늘")])
    assert composed.tolist() == apart.tolist()


def test_it_is_an_estimator(host: PluginHost) -> None:
    texts = [word for known in WORDS.values() for word in known]
    labels = [language for language, known in WORDS.items() for _ in known]
    fitted = estimator("guess", host=host, epochs=2).fit(texts, labels)
    assert fitted.predict_proba(["kala"]).sum() == pytest.approx(1.0)
    assert np.isin(fitted.predict(["kala"]), labels).all()


def test_it_keeps_the_contract(host: PluginHost, words: Path) -> None:
    records = check_task(host.find_task("guess"), words)
    assert {r.name: r.reason for r in records if r.status == "failed"} == {}


def test_every_snippet_on_the_page_stands_in_the_example() -> None:
    sources = [flush_left(path.read_text(encoding="utf-8")) for path in EXAMPLE.glob("*.*")]
    snippets = re.findall(r"```(?:python|toml)\n(.*?)```", PAGE, flags=re.DOTALL)
    assert len(snippets) >= 5
    for snippet in snippets:
        assert any(flush_left(snippet) in source for source in sources), snippet


@pytest.mark.parametrize(("name", "arguments"), NAMES, ids=[name for name, _ in NAMES])
def test_every_name_on_the_page_is_there_and_takes_what_is_said(name: str, arguments: str) -> None:
    found = pkgutil.resolve_name(name)
    given = [argument.removesuffix("=") for argument in arguments.split(", ") if argument]
    assert set(given) <= (set(inspect.signature(found).parameters) if given else set())


def test_the_page_lists_the_options_of_a_model_that_writes() -> None:
    said = re.search(r"`seqkit\.writing_model\.WritingOptions` lists:(.*?)\n\n", PAGE, re.DOTALL)
    assert said is not None
    wanted = {name for name in vars(WritingOptions) if not name.startswith("_")}
    assert set(re.findall(r"`(\w+)(?:\(epoch\))?`", said[1])) == wanted


def flush_left(code: str) -> str:
    """A method on the page stands without its class, so indentation is left out of account."""
    return "\n".join(line.strip() for line in code.splitlines() if line.strip())
