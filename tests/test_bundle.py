"""The model file: equal bytes for equal models, and a clear refusal of everything else."""

import ast
import json
import pickle
import re
import struct
import subprocess
import sys
import zipfile
from contextlib import suppress
from dataclasses import fields
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import save

from seqkit.bundle import (
    Manifest,
    ModelFormatError,
    PluginVersion,
    bundle_arrays,
    fill_parameters,
    parse_manifest,
    read_bundle,
    write_bundle,
)
from seqkit.container import MAX_HEADER, read_container, write_container
from seqkit.errors import UserError
from seqkit.layers.temperature import Temperature
from seqkit.parameters import Parameter
from tests import strategies as _profiles  # noqa: F401

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "model-format.md"

MANIFEST = Manifest(
    task="sentiment",
    api=1,
    seqkit="0.1.0",
    config={"units": 4, "pooling": ["max", "mean"], "dropout": 0.1, "vectors": None},
    resources={"words": ["좋다", "été", "\u2028", '"', "\\"], "labels": ["neg", "pos"]},
    plugin=PluginVersion("seqkit-haiku", "1.2"),
    metadata={"seed": 0},
    tied={"head.w": "table"},
)
ARRAYS = {
    "table": np.arange(6, dtype="f4").reshape(2, 3),
    "bias": np.array([0.1, 1e-300], "f8"),
    "number": np.array(2.5, "f4"),
    "empty": np.zeros((0, 3), "f4"),
    "half": np.array([1.5], "f2"),
    "counts": np.array([2**40], "i8"),
}


@pytest.fixture
def path(tmp_path):
    write_bundle(tmp_path / "model.safetensors", MANIFEST, ARRAYS)
    return tmp_path / "model.safetensors"


def refused(path, words):
    with pytest.raises(ModelFormatError) as caught:
        read_bundle(path)
    message = str(caught.value)
    assert str(path) in message
    assert words in message
    return message


# --- there and back ------------------------------------------------------------------------------


def test_there_and_back(path):
    manifest, arrays = read_bundle(path)
    assert manifest == MANIFEST
    assert set(arrays) == set(ARRAYS)
    for name, array in ARRAYS.items():
        assert arrays[name].dtype == array.dtype
        assert arrays[name].shape == array.shape
        assert arrays[name].tobytes() == array.tobytes()
        assert arrays[name].flags.writeable


def test_the_run_directory_will_do(path):
    assert read_bundle(path.parent)[0] == read_bundle(str(path))[0] == MANIFEST


def test_the_layout_of_an_array_does_not_matter(tmp_path):
    array = np.arange(12, dtype="f4").reshape(3, 4)
    variants = [array, np.asfortranarray(array), np.repeat(array, 2, axis=1)[:, ::2]]
    variants += [array.astype(">f4")]
    for i, variant in enumerate(variants):
        write_bundle(tmp_path / str(i), MANIFEST, {"table": variant})
    assert len({(tmp_path / str(i)).read_bytes() for i in range(len(variants))}) == 1


def test_the_order_of_names_does_not_matter(tmp_path, path):
    shuffled = json.loads(
        json.dumps(MANIFEST.to_json(), sort_keys=True), object_pairs_hook=backwards
    )
    manifest = msgspec.convert(shuffled, Manifest)
    write_bundle(tmp_path / "other", manifest, dict(reversed(ARRAYS.items())))
    assert (tmp_path / "other").read_bytes() == path.read_bytes()


def backwards(pairs):
    return dict(reversed(pairs))


WRITE = """
import sys
from tests.test_bundle import ARRAYS, MANIFEST, write_bundle
write_bundle(sys.argv[1], MANIFEST, ARRAYS)
"""


def test_another_process_writes_the_same_bytes(tmp_path, path):
    """Neither hashes nor times get into the file."""
    command = [sys.executable, "-c", WRITE, str(tmp_path / "other")]
    subprocess.run(command, cwd=ROOT, env={"PYTHONHASHSEED": "7"}, check=True)
    assert (tmp_path / "other").read_bytes() == path.read_bytes()


def test_the_header_is_padded_and_has_one_key_of_metadata(path):
    data = path.read_bytes()
    length = int.from_bytes(data[:8], "little")
    assert length % 8 == 0
    assert list(json.loads(data[8 : 8 + length])["__metadata__"]) == ["seqkit"]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abé"), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip
objects = st.dictionaries(st.text("ab"), json_values, max_size=3)


@given(config=objects, resources=objects, metadata=objects)
def test_any_json_comes_back(tmp_path_factory, config, resources, metadata):
    path = tmp_path_factory.getbasetemp() / "any"
    manifest = Manifest(
        task="t", api=1, seqkit="1", config=config, resources=resources, metadata=metadata
    )
    write_bundle(path, manifest, {})
    assert read_bundle(path) == (manifest, {})


# --- parameters ----------------------------------------------------------------------------------


def parameters():
    table, w = Parameter(np.zeros((2, 3), "f4")), Parameter(np.zeros(3, "f4"))
    return [("table", table), ("w", w), ("head.table", table), ("head.w", w)]


def test_a_tied_parameter_is_stored_once():
    named = parameters()
    arrays, tied = bundle_arrays(named)
    assert arrays == {"table": named[0][1].value, "w": named[1][1].value}
    assert tied == {"head.table": "table", "head.w": "w"}


def test_equal_values_are_not_tied():
    arrays, tied = bundle_arrays([("a", Parameter(np.ones(2))), ("b", Parameter(np.ones(2)))])
    assert set(arrays) == {"a", "b"}
    assert tied == {}


def test_the_same_name_twice():
    named = parameters()
    assert bundle_arrays([*named, *named])[1] == bundle_arrays(named)[1]
    for name in ("table", "head.table"):
        with pytest.raises(ValueError, match=name):
            bundle_arrays([*named, (name, Parameter(np.zeros(2)))])
    with pytest.raises(ValueError, match="'w'"):
        bundle_arrays([*named, ("w", named[0][1])])


def test_filling_writes_in_place():
    named = parameters()
    held = named[0][1].value
    arrays = {"table": np.full((2, 3), 2, "f4"), "w": np.full(3, 3, "f4")}
    fill_parameters(named, arrays, {"head.table": "table", "head.w": "w"})
    assert named[0][1].value is held
    np.testing.assert_array_equal(held, 2)
    np.testing.assert_array_equal(named[3][1].value, 3)


@pytest.mark.parametrize(
    ("arrays", "tied", "words"),
    [
        ({"table": None}, {}, ["no tensor 'table', wanted float32 (2, 3)"]),
        ({"x": np.ones(3, "f4")}, {}, ["tensor 'x' is not one of the model's parameters"]),
        ({"w": np.ones(4, "f4")}, {}, ["tensor 'w' is float32 (4,), wanted float32 (3,)"]),
        ({"w": np.ones(3, "f8")}, {}, ["tensor 'w' is float64 (3,), wanted float32 (3,)"]),
        ({}, {"head.w": "table"}, ["'head.w' shares the weights of 'table' in the file, but"]),
        ({}, {"x": "table"}, ["'x' shares the weights", "'head.w' is not tied in the file, but"]),
    ],
)
def test_filling_names_every_difference_and_changes_nothing(arrays, tied, words):
    named = parameters()
    found = {"table": np.ones((2, 3), "f4"), "w": np.ones(3, "f4"), **arrays}
    found = {name: array for name, array in found.items() if array is not None}
    with pytest.raises(ModelFormatError) as caught:
        fill_parameters(named, found, tied, where="m.safetensors")
    for word in words:
        assert f"m.safetensors: {word}" in str(caught.value)
    assert not any(p.value.any() for _, p in named)


@pytest.mark.parametrize("value", [0.0, -1.0])
def test_a_temperature_that_is_not_above_zero_is_refused(value):
    temperature = Temperature()
    with pytest.raises(ModelFormatError) as caught:
        fill_parameters(temperature.parameters(), {"temperature": np.array([value])}, {}, where="m")
    assert str(caught.value) == f"m: tensor 'temperature' holds {value}, wanted numbers above 0"
    assert float(temperature) == 1


# --- refusals when writing -----------------------------------------------------------------------


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_weights_that_are_not_finite_are_not_written(path, value):
    before = path.read_bytes()
    with pytest.raises(ValueError, match="not a finite number in w"):
        write_bundle(path, MANIFEST, {"v": np.ones(1), "w": np.array([0, value])})
    assert path.read_bytes() == before


@pytest.mark.parametrize("dtype", ["c16", "?", "O", "U3", "u1"])
def test_dtypes_that_are_not_written(tmp_path, dtype):
    with pytest.raises(ValueError, match="w: arrays of dtype"):
        write_container(tmp_path / "m", {}, {"w": np.zeros(2, dtype)})


@pytest.mark.parametrize("value", [float("nan"), float("inf"), {1, 2}, b"x", "\ud800", Path()])
def test_what_is_not_json_is_not_written(tmp_path, value):
    with pytest.raises(ValueError, match="not JSON"):
        write_container(tmp_path / "m", {"config": value}, {})
    assert list(tmp_path.iterdir()) == []


def test_a_header_that_is_too_large_is_not_written(tmp_path, monkeypatch):
    monkeypatch.setattr("seqkit.container.MAX_HEADER", 1000)
    with pytest.raises(UserError, match="higher min_count"):
        write_container(tmp_path / "m", {"words": ["word"] * 1000}, {})
    assert list(tmp_path.iterdir()) == []


# --- refusals when reading -----------------------------------------------------------------------


def test_no_such_file(tmp_path):
    refused(tmp_path / "missing", "no such file")


def test_a_folder_of_a_similar_name_is_told(tmp_path):
    there = tmp_path / "결과 1"
    there.mkdir()
    refused(tmp_path / "결과1", f"there is no such file; did you mean {str(there)!r}?")


def test_a_folder_without_a_model(tmp_path):
    refused(tmp_path, "holds no model.safetensors")


def test_a_device():
    refused("/dev/null", "not a regular file")


def test_a_path_through_a_file_is_refused_without_a_number_of_the_system(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ModelFormatError) as caught:
        read_container(tmp_path / "file" / "model.safetensors")
    assert "cannot be read: Not a directory; check the path" in str(caught.value)
    assert "Errno" not in str(caught.value)


def test_a_path_that_is_none():
    with pytest.raises(ModelFormatError, match="cannot be read"):
        read_container("a\0b")


def test_a_file_that_may_not_be_read(path, monkeypatch):
    def denied(*args, **kwargs):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("builtins.open", denied)
    refused(path, "Permission denied")


def test_every_truncation(path, tmp_path):
    data = path.read_bytes()
    cut = tmp_path / "cut"
    for length in range(len(data)):
        cut.write_bytes(data[:length])
        refused(cut, "cut short" if length else "empty")


def test_bytes_left_over(path):
    for garbage in (b"\0", b"garbage" * 100):
        path.write_bytes(path.read_bytes() + garbage)
        refused(path, "damaged")


@pytest.mark.parametrize("length", [MAX_HEADER + 1, 2**40, 2**63, 2**64 - 1])
def test_a_header_of_absurd_length(path, length):
    path.write_bytes(struct.pack("<Q", length) + path.read_bytes()[8:])
    refused(path, "more than 100,000,000")


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_a_pickle(path, protocol):
    path.write_bytes(pickle.dumps({"weights": list(range(1000))}, protocol))
    assert "never loaded" in refused(path, "this is a pickle")


def test_other_formats(path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", b"x" * 100)
    refused(path, "a zip archive")
    with path.open("wb") as file:
        np.save(file, np.zeros(100))
    refused(path, "a NumPy .npy file")
    path.write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(100))
    refused(path, "an HDF5 file")
    path.write_bytes(b"\x1f\x8b\x08" + bytes(100))
    refused(path, "a gzip file")
    path.write_text('{"task": "sentiment"}' * 10)
    refused(path, "not a safetensors file")


@pytest.mark.parametrize("metadata", [None, {"format": "pt"}, {"seqkit_": "{}"}])
def test_a_safetensors_file_of_somebody_else(path, metadata):
    path.write_bytes(save(ARRAYS, metadata))
    refused(path, "not one of seqkit's")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "not JSON"),
        ("{", "not JSON"),
        ("{} {}", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ('{"config": NaN}', "not JSON"),
        ("[]", "no JSON object"),
        ("3", "no JSON object"),
        ("{}", "its format is None, wanted 'seqkit-model'"),
    ],
)
def test_metadata_that_is_no_manifest(path, text, words):
    path.write_bytes(save(ARRAYS, {"seqkit": text}))
    refused(path, words)


@pytest.mark.parametrize("version", [2, 10**30])
def test_a_newer_version(path, version):
    write_container(
        path, {**MANIFEST.to_json(), "format_version": version, "seqkit": "9.1"}, ARRAYS
    )
    assert "upgrade seqkit" in refused(path, f"format version is {version}")
    refused(path, "written by 9.1")


@pytest.mark.parametrize("version", [0, -1, 1.0, True, "1", None, [1]])
def test_a_version_that_is_none(path, version):
    write_container(path, {**MANIFEST.to_json(), "format_version": version}, ARRAYS)
    refused(path, "format_version is")


WRONG = {
    "task": 1,
    "api": "1",
    "seqkit": None,
    "config": [],
    "resources": "words",
    "plugin": {"distribution": "x"},
    "metadata": None,
    "tied": {"a": 1},
    "format": "seqkit",
}


@pytest.mark.parametrize("field", WRONG)
def test_a_field_of_the_wrong_type(path, field):
    write_container(path, {**MANIFEST.to_json(), field: WRONG[field]}, ARRAYS)
    refused(path, field)


@pytest.mark.parametrize("field", ["task", "api", "seqkit", "config", "resources", "format"])
def test_a_field_that_is_missing(path, field):
    document = MANIFEST.to_json()
    del document[field]
    write_container(path, document, ARRAYS)
    refused(path, field)


def test_fields_from_the_future_are_ignored(path):
    write_container(path, {**MANIFEST.to_json(), "licence": "MIT"}, ARRAYS)
    assert read_bundle(path)[0] == MANIFEST


def test_ties_to_nothing(path):
    write_container(path, {**MANIFEST.to_json(), "tied": {"a": "b"}}, ARRAYS)
    refused(path, "'a' shares the weights of 'b', which the file lacks")


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_weights_that_are_not_finite(path, value):
    write_container(path, MANIFEST.to_json(), {**ARRAYS, "w": np.array([value], "f4")})
    refused(path, "'w' holds a value that is not finite")


@pytest.mark.parametrize("dtype", ["u1", "?", "i2", "c8"])
def test_dtypes_that_are_not_read(path, dtype):
    text = json.dumps(MANIFEST.to_json())
    path.write_bytes(save({**ARRAYS, "w": np.zeros(2, dtype)}, {"seqkit": text}))
    refused(path, "tensor 'w' has dtype")


def handmade(path, tensors, data=b""):
    """Write a file with a header that the library would not write."""
    header = {"__metadata__": {"seqkit": json.dumps(MANIFEST.to_json())}, **tensors}
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


@pytest.mark.parametrize(
    ("dtype", "shape", "offsets"),
    [
        ("F32", [0, 2**64 - 1], [0, 0]),
        ("F32", [0, 2**62, 2**62], [0, 0]),
        ("F32", [0] * 100, [0, 0]),
        ("F32", [2], [0, 4]),
        ("F32", [1], [4, 8]),
        ("F32", [1], [4, 0]),
        ("F32", [-1], [0, 4]),
        ("F32", [1.0], [0, 4]),
        ("F32", [2**62], [0, 4]),
        ("Q32", [1], [0, 4]),
        ("BF16", [2], [0, 4]),
    ],
)
def test_tensors_that_make_no_sense(path, dtype, shape, offsets):
    tensor = {"dtype": dtype, "shape": shape, "data_offsets": offsets}
    handmade(path, {"table": tensor}, bytes(4))
    refused(path, "")


def test_tensors_that_overlap(path):
    tensor = {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}
    handmade(path, {"table": tensor, "w": tensor}, bytes(4))
    refused(path, "damaged")


# --- anything at all -----------------------------------------------------------------------------


def loads_or_is_refused(path):
    with suppress(ModelFormatError):
        read_bundle(path)


@pytest.mark.parametrize("seed", range(4))
def test_random_damage(path, seed):
    """Flipped bits, overwritten and removed pieces: loaded or refused, never anything else."""
    rng = np.random.default_rng(seed)
    original = path.read_bytes()
    header = 8 + int.from_bytes(original[:8], "little")
    for _ in range(250):
        data = bytearray(original)
        # Mostly in the header: the numbers can hardly go wrong.
        reach = header if rng.random() < 0.8 else len(data)
        for place in rng.integers(0, reach, rng.integers(1, 6)):
            data[place] = (
                rng.integers(256) if rng.random() < 0.5 else data[place] ^ (1 << rng.integers(8))
            )
        if rng.random() < 0.2:
            start = rng.integers(0, len(data))
            del data[start : start + rng.integers(1, 20)]
        path.write_bytes(data)
        loads_or_is_refused(path)


@given(data=st.binary(max_size=200))
def test_random_bytes(tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "bytes"
    path.write_bytes(data)
    with pytest.raises(ModelFormatError):
        read_bundle(path)


@given(changes=st.dictionaries(st.sampled_from([f.name for f in fields(Manifest)]), json_values))
def test_random_manifests(changes):
    try:
        parse_manifest({**MANIFEST.to_json(), **changes})
    except ModelFormatError:
        assert changes


# --- nothing that loads can execute --------------------------------------------------------------


def imported_names(source):
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


FORBIDDEN = {"pickle", "cPickle", "_pickle", "dill", "cloudpickle", "joblib", "marshal", "shelve"}


def test_pickle_is_never_imported():
    """np.load is told not to unpickle, and everything else that could is not imported."""
    files = [
        *ROOT.glob("seqkit/**/*.py"),
        *ROOT.glob("tasks/**/*.py"),
        *ROOT.glob("plugins/**/*.py"),
    ]
    assert len(files) > 20
    for file in files:
        source = file.read_text(encoding="utf-8")
        roots = {name.split(".")[0] for name in imported_names(source)}
        assert not roots & FORBIDDEN, file
        assert "allow_pickle=True" not in source, file


# --- docs/model-format.md ------------------------------------------------------------------------


def block(language):
    found = re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert len(found) == 1
    return found[0]


def hexdump(data):
    """Sixteen bytes a line, as ``hexdump -C`` prints them."""
    lines = []
    for start in range(0, len(data), 16):
        piece = data[start : start + 16]
        shown = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in piece)
        lines.append(f"{start:04x}  {piece.hex(' '):<47}  {shown}\n")
    return "".join(lines)


def test_the_example_in_the_page_is_what_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    exec(compile(block("python"), str(PAGE), "exec"), {})
    assert hexdump((tmp_path / "model.safetensors").read_bytes()) == block("hexdump")
    manifest, arrays = read_bundle(tmp_path)
    assert manifest.tied == {"head.w": "table"}
    assert arrays["table"].tolist() == [1.0, -2.0]


def test_the_page_names_every_field_of_the_manifest():
    section = PAGE.read_text(encoding="utf-8").split("### The manifest")[1].split("\n#")[0]
    rows = re.findall(r"^\| `(\w+)` \| ([\w ]+) \|", section, re.MULTILINE)
    names = {int: "integer", str: "string", PluginVersion | None: "object or null"}
    wanted = {f.name: names.get(f.type, "object") for f in fields(Manifest)}
    assert dict(rows) == wanted
