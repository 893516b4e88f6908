"""Tones to try the task on: melodies and glides, synthesised when somebody asks for them.

Everything comes from one seed, so that the files are the same wherever they are made.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import numpy as np
from scipy.io import wavfile
from seqkit.arrays import Array
from seqkit.randomness import random_stream

__all__ = ["GLIDES", "NOTES", "glide", "melody", "write_tones"]

RATE = 16000
SEED = 2026

NOTES = {"C4": 60, "D4": 62, "E4": 64, "G4": 67, "A4": 69, "C5": 72}
"""Names and MIDI numbers of a pentatonic scale."""

GLIDES = {"rising": (0, 1), "falling": (1, 0), "peak": (0, 1, 0), "valley": (1, 0, 1)}
"""How the pitch moves between a low and a high end."""

Tone: TypeAlias = tuple[Array, str]
"""Samples and the gold answer."""


def melody(rng: np.random.Generator) -> Tone:
    """Two to five notes of random length and loudness, a harmonic or two, and noise."""
    names = rng.choice(list(NOTES), size=int(rng.integers(2, 6)))
    harmonics = rng.uniform(0.0, 0.5, size=2)
    notes = [_note(NOTES[str(name)], harmonics, rng) for name in names]
    return _noisy(np.concatenate(notes), rng), " ".join(names)


def _note(midi: int, harmonics: Array, rng: np.random.Generator) -> Array:
    samples = int(rng.uniform(0.07, 0.13) * RATE)
    phase = 2 * np.pi * 440 * 2 ** ((midi - 69) / 12) / RATE * np.arange(samples)
    tone = np.sin(phase) + harmonics[0] * np.sin(2 * phase) + harmonics[1] * np.sin(3 * phase)
    envelope = np.minimum(1.0, np.minimum(np.arange(samples), np.arange(samples)[::-1]) / 160)
    return np.append(rng.uniform(0.3, 1.0) * envelope * tone, np.zeros(int(0.04 * RATE)))


def glide(rng: np.random.Generator) -> Tone:
    """A tone that rises, falls, or does one after the other, somewhere between 200 and 1200 Hz."""
    label, ends = list(GLIDES.items())[rng.integers(len(GLIDES))]
    samples = int(rng.uniform(0.25, 0.5) * RATE)
    low, interval = rng.uniform(200, 500), rng.uniform(1.2, 2.4)
    height = np.interp(np.linspace(0, len(ends) - 1, samples), range(len(ends)), ends)
    phase = 2 * np.pi * np.cumsum(low * interval**height) / RATE
    return _noisy(rng.uniform(0.3, 1.0) * np.sin(phase), rng), label


def _noisy(tone: Array, rng: np.random.Generator) -> Array:
    heard = 0.4 * tone + rng.uniform(0.003, 0.03) * rng.normal(size=len(tone))
    return np.clip(np.round(heard * 32767), -32768, 32767).astype(np.int16)


def write_tones(folder: Path, make: Callable[[np.random.Generator], Tone], column: str) -> None:
    """Write tones as WAV files, and the tables ``train.tsv``, ``dev.tsv`` and ``test.tsv``.

    Args:
        folder: that exists.
        make: :func:`melody` or :func:`glide`.
        column: what the tables call the gold answers: text or label.
    """
    (folder / "wav").mkdir()
    for split, count in (("train", 600), ("dev", 100), ("test", 100)):
        lines = [f"file\t{column}"]
        for number in range(count):
            samples, answer = make(random_stream(SEED, f"{column} {split}", number))
            name = f"wav/{split}-{number:03}.wav"
            wavfile.write(folder / name, RATE, samples)
            lines.append(f"{name}\t{answer}")
        (folder / f"{split}.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
