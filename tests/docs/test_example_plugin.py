"""The plugin that ``docs/plugins.md`` builds is run as it is printed there."""

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import seqkit
from seqkit.estimators import estimator
from seqkit.plugin_loading import PluginSource
from seqkit.plugins import PluginHost, builtin_sources, use_host
from seqkit.testing import check_task

DOCS = Path(__file__).parents[2] / "docs"
EXAMPLE = DOCS / "examples" / "seqkit-guess"
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
    lines = [f"{language}\t{word}" for language, known in WORDS.items() for word in known]
    path = tmp_path / "words.tsv"
    path.write_text("label\ttext\n" + "\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_it_trains_saves_and_loads(host: PluginHost, words: Path, tmp_path: Path) -> None:
    report = seqkit.train("guess", data=words, output=tmp_path / "run", epochs=3, host=host)
    assert report.evaluation.headline.name == "accuracy"
    assert report.baselines[0].name == "commonest language"
    model = seqkit.load(tmp_path / "run", host=host)
    assert {guess.language for guess in model.predict(["kala", "fisch", ""])} <= set(WORDS)


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
    page = (DOCS / "plugins.md").read_text(encoding="utf-8")
    sources = [flush_left(path.read_text(encoding="utf-8")) for path in EXAMPLE.glob("*.*")]
    snippets = re.findall(r"```(?:python|toml)\n(.*?)```", page, flags=re.DOTALL)
    assert len(snippets) >= 5
    for snippet in snippets:
        assert any(flush_left(snippet) in source for source in sources), snippet


def flush_left(code: str) -> str:
    """A method on the page stands without its class, so indentation is left out of account."""
    return "\n".join(line.strip() for line in code.splitlines() if line.strip())
