"""Write the sample: Korean dates and times as people say them, beside their ISO form.

Run by hand: ``python tests/make_sample.py``. The same script always writes the same files.
"""

import calendar
import random
from pathlib import Path

DIGITS = ["", "일", "이", "삼", "사", "오", "육", "칠", "팔", "구"]
HOURS = ["", "한", "두", "세", "네", "다섯", "여섯", "일곱", "여덟", "아홉", "열", "열한", "열두"]
MONTHS = {6: "유월", 10: "시월"}
SIZES = {"train": 2400, "dev": 300, "test": 300}


def number(value: int) -> str:
    """Say a number below 10,000 the Sino-Korean way; 1 is left out before 10, 100 and 1,000."""
    said = ""
    for power, unit in ((1000, "천"), (100, "백"), (10, "십"), (1, "")):
        digit = value // power % 10
        said += ("" if digit == 1 and unit else DIGITS[digit]) + (unit if digit else "")
    return said


def say_date(rng: random.Random) -> tuple[str, str]:
    """Return a date as it is said and as it is written."""
    year, month = rng.randint(1950, 2049), rng.randint(1, 12)
    day = rng.randint(1, calendar.monthrange(year, month)[1])
    parts = [number(year) + "년", MONTHS.get(month, number(month) + "월"), number(day) + "일"]
    return (" " if rng.random() < 0.7 else "").join(parts), f"{year}-{month:02}-{day:02}"


def say_time(rng: random.Random) -> tuple[str, str]:
    """Return a time of the day as it is said and as it is written."""
    hour, minute = rng.randint(1, 12), rng.choice([0, 0, 30, *range(1, 60)])
    half = rng.choice(["오전", "오후"])
    said = f"{half} {HOURS[hour]} 시"
    if minute == 30 and rng.random() < 0.7:
        said += " 반"
    elif minute:
        said += f" {number(minute)} 분"
    written = hour % 12 + (12 if half == "오후" else 0)
    return said if rng.random() < 0.5 else said.replace(" 시", "시"), f"{written:02}:{minute:02}"


def say(rng: random.Random) -> tuple[str, str]:
    """Return a date, a time, or both."""
    date, time = say_date(rng), say_time(rng)
    kind = rng.random()
    if kind < 0.4:
        return date
    return time if kind < 0.6 else (f"{date[0]} {time[0]}", f"{date[1]} {time[1]}")


def main() -> None:
    """Write the three files; no line is in two of them."""
    rng = random.Random(20240603)
    pairs: dict[str, str] = {}
    while len(pairs) < sum(SIZES.values()):
        said, written = say(rng)
        pairs[said] = written
    lines = [f"{said}\t{written}" for said, written in pairs.items()]
    folder = Path(__file__).parents[1] / "seqkit_seq2seq/sample"
    for name, size in SIZES.items():
        text = "\n".join(["source\ttarget", *lines[:size]]) + "\n"
        (folder / f"{name}.tsv").write_text(text, encoding="utf-8")
        del lines[:size]


if __name__ == "__main__":
    main()
