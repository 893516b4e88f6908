"""The task does what its users do with it: train on the sample, load, predict."""

from pathlib import Path
from typing import Any

import seqkit

INPUT: Any = ("shut the door", "close the door")


def test_train_load_and_predict(tmp_path: Path) -> None:
    report = seqkit.train("seq2seq", output=tmp_path / "run", epochs=3)
    (prediction,) = seqkit.load(tmp_path / "run").predict([INPUT])
    assert report.data.sample
    assert report.baselines
    assert type(prediction).__name__ == "PairPrediction"
