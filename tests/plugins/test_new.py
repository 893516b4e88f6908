"""What ``seqkit plugins new`` writes works as it comes out."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from seqkit.cli import run_command_line
from seqkit.errors import UserError
from seqkit.scaffold import KINDS, LONGEST_NAME, write_plugin

FIRST = {
    "classify": ("will it snow on Monday", "label"),
    "tag": ("The quiet bird sees a boat.", "tags"),
    "generate": ("Oak", "continuation"),
    "pair": ("shut the door\tclose the door", "label"),
}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a plugin of each kind, described as pip would, so that seqkit finds them."""
    folder = tmp_path_factory.mktemp("site")
    for kind in KINDS:
        package = write_plugin(f"try-{kind}", kind, folder)
        info = package / f"seqkit_try_{kind}-0.1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: seqkit-try-{kind}\nVersion: 0.1.0\n"
        )
        (info / "entry_points.txt").write_text(f"[seqkit]\ntry-{kind} = seqkit_try_{kind}\n")
    return folder


def call(site: Path, kind: str, *arguments: str) -> str:
    package = site / f"seqkit-try-{kind}"
    done = subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=package,
        env={**os.environ, "PYTHONPATH": str(package)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("kind", KINDS)
def test_it_passes_its_own_tests(site: Path, kind: str):
    out = call(site, kind, "pytest", "-q", "-p", "no:cacheprovider")
    assert "passed" in out
    assert "failed" not in out


@pytest.mark.parametrize("kind", KINDS)
def test_it_runs_on_its_sample_and_beats_chance(site: Path, kind: str, tmp_path: Path):
    run = ("seqkit", "--strict-plugins", "run", f"try-{kind}", "--quiet", "--json")
    report = json.loads(call(site, kind, *run, "--output", str(tmp_path / "run")))
    assert report["data"]["sample"]
    assert report["seconds"] < 30
    headline = report["evaluation"]["metrics"][0]
    first = report["baselines"][0]["evaluation"]["metrics"][0]
    assert headline["name"] == first["name"]
    if kind != "tag":  # where the commonest tag is always right
        assert (headline["value"] > first["value"]) == headline["higher_is_better"]
    text, answer = FIRST[kind]
    printed = call(site, kind, "seqkit", "predict", str(tmp_path / "run"), text)
    assert answer in json.loads(printed)


def test_it_is_typed_and_formatted(site: Path):
    pytest.importorskip("mypy")
    packages = [site / f"seqkit-try-{kind}" for kind in KINDS]
    for check in (["check", "--no-cache"], ["format", "--check", "--no-cache"]):
        ruff = [sys.executable, "-m", "ruff", *check, *map(str, packages)]
        done = subprocess.run(ruff, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout
    modules = [str(path / f"seqkit_try_{path.name[11:]}") for path in packages]
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(site / "cache"), *modules],
        cwd=site,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_placeholder_is_left(site: Path):
    for path in site.rglob("*"):
        if path.is_file() and "cache" not in str(path.relative_to(site)):
            text = path.read_bytes().decode()
            assert "{{" not in text.replace("${{ matrix.python }}", ""), path


@pytest.mark.parametrize("name", ["Haiku", "haiku_two", "2fast", "", "-x", "x--y", "a/b", "../up"])
def test_a_name_that_is_none_is_refused(name: str, tmp_path: Path):
    with pytest.raises(UserError, match="wanted lower-case words with hyphens"):
        write_plugin(name, "classify", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_name_with_the_prefix_or_too_long_is_refused(tmp_path: Path):
    with pytest.raises(UserError, match="without 'seqkit-'"):
        write_plugin("seqkit-haiku", "classify", tmp_path)
    with pytest.raises(UserError, match=f"wanted at most {LONGEST_NAME}"):
        write_plugin("x" * 31, "classify", tmp_path)


def test_an_unknown_kind_is_refused(tmp_path: Path):
    with pytest.raises(UserError, match="no such kind; did you mean 'classify'"):
        write_plugin("haiku", "clasify", tmp_path)  # type: ignore[arg-type]


def test_a_folder_that_exists_is_left_alone(tmp_path: Path):
    (tmp_path / "seqkit-haiku").mkdir()
    with pytest.raises(UserError, match="exists already, and is left as it is"):
        write_plugin("haiku", "tag", tmp_path)
    assert list((tmp_path / "seqkit-haiku").iterdir()) == []


def test_a_place_that_cannot_be_written_is_the_users_mistake(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="cannot be written"):
        write_plugin("haiku", "tag", tmp_path / "file")


@pytest.mark.parametrize(
    ("name", "owner"),
    [("sentiment", "a task of seqkit"), ("lm", "a task of seqkit"), ("run", "a command of seqkit")],
)
def test_a_name_that_is_taken_is_warned_of(tmp_path: Path, monkeypatch, capsys, name, owner):
    monkeypatch.chdir(tmp_path)
    assert run_command_line(["plugins", "new", name]) == 0
    err = capsys.readouterr().err
    assert err.startswith(f"warning: {name!r} is already {owner}")
    assert err.endswith("; choose another name\n")


def test_the_command(tmp_path: Path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert run_command_line(["plugins", "new", "haiku", "--kind", "tag"]) == 0
    assert "pip install -e 'seqkit-haiku[test]'" in capsys.readouterr().out
    assert (tmp_path / "seqkit-haiku" / ".github" / "workflows" / "tests.yml").is_file()
    assert run_command_line(["plugins", "new", "haiku"]) == 2
    assert "seqkit-haiku: exists already" in capsys.readouterr().err
    assert run_command_line(["plugins", "new", "Haiku"]) == 2
    assert "name: found 'Haiku', wanted lower-case words" in capsys.readouterr().err
