"""From a WAV file to log-mel frames: the short-time spectrum as the ear divides it."""

import struct
import warnings
from fractions import Fraction
from functools import cache
from pathlib import Path

import numpy as np
from scipy import fft, signal
from scipy.io import wavfile
from seqkit.arrays import Array
from seqkit.errors import Problem, UserError

from seqkit_frames.config import AudioConfig

__all__ = ["log_mel", "mel_filters", "read_audio", "read_wav"]

FLOOR = 1e-10
"""Power below which all is silence; full scale is 1."""

BROKEN = (ValueError, struct.error, UnboundLocalError, ZeroDivisionError)
"""What SciPy raises on files that are no WAV files, or are cut short."""


def read_wav(path: Path) -> tuple[Array, int]:
    """Read a WAV file: 8 to 64-bit integers or floats, any number of channels.

    Returns:
        (samples,) float64, the mean of the channels, full scale at 1; and samples a second.

    Raises:
        UserError: no such file, another format, cut short, a sample rate below 100 or above a
            million, or samples that are not finite.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", wavfile.WavFileWarning)
            warnings.filterwarnings("error", "Reached EOF", wavfile.WavFileWarning)
            rate, samples = wavfile.read(path)
        # To resample from one a second, or from two thousand million, would take gigabytes.
        if not 100 <= rate <= 1_000_000:
            raise ValueError(f"its sample rate is {rate:,}, wanted 100 to 1,000,000")
    except (OSError, wavfile.WavFileWarning, *BROKEN) as error:
        reason = getattr(error, "strerror", None) or error
        raise UserError(Problem(f"cannot be read as a WAV file: {reason}", str(path))) from None
    if samples.dtype.kind == "u":
        samples = (samples.astype(np.float64) - 128.0) / 128.0
    elif samples.dtype.kind == "i":
        samples = samples / -float(np.iinfo(samples.dtype).min)
    mono = samples.reshape(len(samples), -1).mean(axis=1, dtype=np.float64)
    if not np.isfinite(mono).all():
        second = int(np.argmin(np.isfinite(mono))) / rate
        raise UserError(Problem(f"found a sample that is not finite at {second:.3f} s", str(path)))
    return mono, int(rate)


def read_audio(path: Path, config: AudioConfig) -> Array:
    """Read a WAV file as log-mel frames (T, mels), brought to the sample rate of the options."""
    samples, rate = read_wav(path)
    if rate != config.sample_rate and len(samples):
        samples = signal.resample_poly(
            samples, *Fraction(config.sample_rate, rate).as_integer_ratio()
        )
    return log_mel(samples, config)


def log_mel(samples: Array, config: AudioConfig) -> Array:
    """Return the logarithm of the power in each mel band, frame by frame.

    Every sample is in a frame: what is missing in the last window is silence. No samples, no frame.

    Args:
        samples: (samples,) at ``config.sample_rate``.
        config: window, hop, bands and pre-emphasis.

    Returns:
        (T, mels) float32.
    """
    window = max(2, round(config.window_ms * config.sample_rate / 1000))
    hop = max(1, round(config.hop_ms * config.sample_rate / 1000))
    if not len(samples):
        return np.empty((0, config.mels), np.float32)
    steps = 1 + max(0, -(-(len(samples) - window) // hop))
    padded = np.zeros((steps - 1) * hop + window)
    padded[: len(samples)] = samples
    padded[1 : len(samples)] -= config.preemphasis * samples[:-1]
    cut = np.lib.stride_tricks.sliding_window_view(padded, window)[::hop]
    points = fft.next_fast_len(window, real=True)
    spectrum = fft.rfft(cut * signal.get_window("hann", window), points, axis=1)
    power = (spectrum.real**2 + spectrum.imag**2) / window
    bands: Array = power @ mel_filters(config, points)
    return np.asarray(np.log(np.maximum(bands, FLOOR)), np.float32)


@cache
def mel_filters(config: AudioConfig, points: int) -> Array:
    """Return triangular filters, evenly spaced on the mel scale, 2595 log10(1 + f / 700).

    Source: Davis and Mermelstein (1980); the scale as in HTK (Young et al. 2006, section 5.4).

    Args:
        config: the sample rate, how many bands, and from where to where they reach.
        points: of the Fourier transform.

    Returns:
        (points // 2 + 1, mels), each weight at most 1.

    Raises:
        UserError: a band so narrow that no frequency of the transform falls into it.
    """
    rate = config.sample_rate
    ends = np.array([config.lowest_hz, config.highest_hz or rate / 2])
    first, last = 2595.0 * np.log10(1.0 + ends / 700.0)
    corners = 700.0 * (10.0 ** (np.linspace(first, last, config.mels + 2) / 2595.0) - 1.0)
    frequencies = np.arange(points // 2 + 1)[:, None] * (rate / points)
    left, centre, right = corners[:-2], corners[1:-1], corners[2:]
    rising = (frequencies - left) / (centre - left)
    falling = (right - frequencies) / (right - centre)
    filters: Array = np.maximum(0.0, np.minimum(rising, falling))
    if not filters.any(axis=0).all():
        found = f"found {config.mels}, of which some lie between the frequencies of a window"
        raise UserError(Problem(f"{found}; wanted fewer or a longer window", "mels"))
    return filters
