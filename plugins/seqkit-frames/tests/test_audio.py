"""WAV files become log-mel frames; what is no WAV file is refused by name."""

import contextlib
import struct
import wave
from pathlib import Path

import numpy as np
import pytest
from scipy.io import wavfile
from seqkit.arrays import Array
from seqkit.errors import UserError
from seqkit.options import with_options

from seqkit_frames import FramesConfig
from seqkit_frames.audio import log_mel, mel_filters, read_audio, read_wav

CONFIG = FramesConfig()
WAVE = 0.5 * np.sin(2 * np.pi * 440 * np.arange(1600) / 16000)


def integers(bits: int) -> Array:
    scaled: Array = np.round(WAVE * 2 ** (bits - 1))
    return scaled


@pytest.mark.parametrize(
    ("samples", "tolerance"),
    [
        (WAVE.astype(np.float32), 1e-7),
        (WAVE, 0.0),
        (integers(16).astype(np.int16), 2**-15),
        (integers(32).astype(np.int32), 2**-30),
        ((integers(8) + 128).astype(np.uint8), 2**-7),
    ],
    ids=["float32", "float64", "int16", "int32", "uint8"],
)
def test_samples_of_every_width_have_full_scale_at_1(
    tmp_path: Path, samples: np.ndarray, tolerance: float
) -> None:
    wavfile.write(tmp_path / "a.wav", 16000, samples)
    found, rate = read_wav(tmp_path / "a.wav")
    assert rate == 16000
    np.testing.assert_allclose(found, WAVE, atol=tolerance)


def test_24_bits_have_full_scale_at_1(tmp_path: Path) -> None:
    with wave.open(str(tmp_path / "a.wav"), "wb") as out:
        out.setparams((1, 3, 8000, 0, "NONE", ""))
        out.writeframes(b"".join(struct.pack("<i", int(v))[:3] for v in integers(24)))
    found, rate = read_wav(tmp_path / "a.wav")
    assert rate == 8000
    np.testing.assert_allclose(found, WAVE, atol=2**-23)


def test_channels_are_averaged(tmp_path: Path) -> None:
    stereo = np.stack([WAVE, 0.5 * WAVE], axis=1).astype(np.float32)
    wavfile.write(tmp_path / "a.wav", 16000, stereo)
    np.testing.assert_allclose(read_wav(tmp_path / "a.wav")[0], 0.75 * WAVE, atol=1e-7)


def test_a_file_cut_short_anywhere_is_refused_by_name(tmp_path: Path) -> None:
    wavfile.write(tmp_path / "whole.wav", 16000, integers(16).astype(np.int16))
    data = (tmp_path / "whole.wav").read_bytes()
    for length in (*range(45), 46, 500, len(data) - 1):
        (tmp_path / "cut.wav").write_bytes(data[:length])
        with pytest.raises(UserError, match=r"cut\.wav: cannot be read as a WAV file"):
            read_wav(tmp_path / "cut.wav")


@pytest.mark.parametrize("seed", range(40))
def test_damaged_headers_are_read_or_refused_but_never_a_failure(tmp_path: Path, seed: int) -> None:
    rng = np.random.default_rng(seed)
    wavfile.write(tmp_path / "a.wav", 8000, integers(16).astype(np.int16)[:50])
    data = bytearray((tmp_path / "a.wav").read_bytes())
    for place in rng.integers(0, 44, size=3):
        data[place] = rng.integers(256)
    (tmp_path / "a.wav").write_bytes(data)
    with contextlib.suppress(UserError):
        assert read_audio(tmp_path / "a.wav", CONFIG).shape[1] == CONFIG.mels


def test_what_is_no_wav_file_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "song.wav").write_bytes(b"ID3\x03 not a WAV file")
    for name in ("song.wav", "missing.wav"):
        with pytest.raises(UserError, match=f"{name}: cannot be read as a WAV file"):
            read_wav(tmp_path / name)


def test_a_sample_that_is_not_finite_is_refused_with_its_time(tmp_path: Path) -> None:
    samples = WAVE.astype(np.float32)
    samples[800] = np.nan
    wavfile.write(tmp_path / "a.wav", 16000, samples)
    with pytest.raises(UserError, match=r"not finite at 0\.050 s"):
        read_wav(tmp_path / "a.wav")


def test_the_loudest_band_of_a_tone_is_the_one_around_its_frequency() -> None:
    config = with_options(CONFIG, {"preemphasis": 0.0})
    found = log_mel(np.sin(2 * np.pi * 1000 * np.arange(16000) / 16000), config)
    mel = 2595 * np.log10(1 + np.array([config.lowest_hz, 1000.0, 8000.0]) / 700)
    band = (mel[1] - mel[0]) / (mel[2] - mel[0]) * (config.mels + 1) - 1
    assert abs(int(found.mean(axis=0).argmax()) - band) <= 1


def test_log_mel_is_what_its_definition_says() -> None:
    samples = np.random.default_rng(0).normal(size=1000)
    config = with_options(CONFIG, {"mels": 10})
    emphasised = samples - config.preemphasis * np.concatenate([[0.0], samples[:-1]])
    cut = emphasised[160 : 160 + 400] * (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(400) / 400))
    power = np.abs(np.fft.rfft(cut)) ** 2 / 400
    wanted = np.log(power @ mel_filters(config, 400))
    np.testing.assert_allclose(log_mel(samples, config)[1], wanted, rtol=1e-5)


@pytest.mark.parametrize(
    ("samples", "frames"), [(0, 0), (1, 1), (400, 1), (401, 2), (560, 2), (561, 3), (16000, 99)]
)
def test_every_sample_is_in_a_frame(samples: int, frames: int) -> None:
    found = log_mel(np.ones(samples), CONFIG)
    assert found.shape == (frames, CONFIG.mels)
    assert np.isfinite(found).all()


def test_filters_cover_every_frequency_between_their_ends_evenly() -> None:
    config = with_options(CONFIG, {"lowest_hz": 100.0, "highest_hz": 4000.0})
    filters = mel_filters(config, 400)
    frequencies = np.arange(201) * 40.0
    inside = (frequencies > 200) & (frequencies < 3500)
    np.testing.assert_allclose(filters.sum(axis=1)[inside], 1.0, atol=1e-9)
    assert not filters[(frequencies <= 100) | (frequencies >= 4000)].any()


def test_bands_too_narrow_for_the_window_are_refused() -> None:
    with pytest.raises(UserError, match="wanted fewer or a longer window"):
        mel_filters(with_options(CONFIG, {"mels": 200}), 400)


@pytest.mark.parametrize("rate", [1, 99, 1_000_003, 1_000_000_007])
def test_a_sample_rate_that_no_audio_has_is_refused(tmp_path: Path, rate: int) -> None:
    wavfile.write(tmp_path / "a.wav", rate, WAVE.astype(np.float32))
    with pytest.raises(UserError, match=rf"a\.wav: .* its sample rate is {rate:,}, wanted 100 to"):
        read_wav(tmp_path / "a.wav")


def test_audio_of_another_rate_is_resampled(tmp_path: Path) -> None:
    for rate in (8000, 16000, 44100):
        tone = 0.5 * np.sin(2 * np.pi * 700 * np.arange(rate // 2) / rate)
        wavfile.write(tmp_path / f"{rate}.wav", rate, tone.astype(np.float32))
    slow, same, fast = (read_audio(tmp_path / f"{r}.wav", CONFIG) for r in (8000, 16000, 44100))
    assert slow.shape == same.shape == fast.shape
    loud = same[5:-5].mean(axis=0) > -8
    np.testing.assert_allclose(slow[5:-5, loud], same[5:-5, loud], atol=0.1)
    np.testing.assert_allclose(fast[5:-5, loud], same[5:-5, loud], atol=0.1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"hop_ms": 30.0}, "hop_ms: found 30.0 ms"),
        ({"highest_hz": 9000.0}, "highest_hz: found bands from 20 to 9000 Hz"),
        ({"pooling": ("max", "sum")}, "pooling: found 'sum'"),
        ({"n_best": 9}, "n_best: found 9"),
    ],
)
def test_options_that_make_no_sense_are_refused(options: dict[str, object], message: str) -> None:
    with pytest.raises(UserError, match=message):
        with_options(CONFIG, options)
