"""What its users do with it: train on the sample, load, predict."""

from pathlib import Path

import seqkit


def test_train_load_and_predict(tmp_path: Path) -> None:
    report = seqkit.train("seq2seq", output=tmp_path / "run", epochs=1, units=16)
    (prediction,) = seqkit.load(tmp_path / "run").predict(["오후 세 시 반"])
    assert report.data.sample
    assert [baseline.name for baseline in report.baselines] == [
        "copy of the source",
        "answer to the nearest source",
    ]
    assert type(prediction).__name__ == "Written"
