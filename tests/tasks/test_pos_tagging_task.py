"""Reading, examples, fitting and writing of the POS-tagging task."""

import gzip
import json
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seqkit.errors import UserError
from seqkit.options import options_of, parse
from seqkit.text import Sentence, read_conllu
from seqkit_tasks import pos_tagging
from seqkit_tasks.pos_tagging.examples import TaggedWords, TagPrediction
from seqkit_tasks.pos_tagging.model import PosTaggingModel
from tests.tasks.pos_tagging import TREEBANK, task, train_examples, write


def predicted(example: TaggedWords, *tags: str) -> TagPrediction:
    return TagPrediction(example.words, tags, (1.0,) * len(tags))


# --- what is offered -----------------------------------------------------------------------------


def test_the_plugin_offers_the_task_its_alias_and_its_sample() -> None:
    (spec,) = pos_tagging.seqkit_tasks()
    assert (spec.name, spec.aliases, spec.sample) == ("pos-tagging", ("pos",), "pos-en")
    assert all(option.help for option in options_of(spec.config))
    (dataset,) = pos_tagging.seqkit_datasets()
    files = dataset.files()
    made = spec.create(spec.config())
    sizes = [len(made.read(path)) for path in (files.train, files.dev, files.test) if path]
    assert sizes == [200, 30, 30]
    assert dataset.summary.startswith("/".join(map(str, sizes)))


def test_importing_the_plugin_imports_nothing_heavy() -> None:
    heavy = ["seqkit_tasks.pos_tagging.model", "seqkit.layers.crf", "sklearn", "rich", "typer"]
    code = f"import sys, seqkit_tasks.pos_tagging; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


RECIPES = Path(__file__).resolve().parents[2] / "docs" / "recipes"


@pytest.mark.parametrize("path", sorted(RECIPES.glob("pos-tagging*.toml")), ids=lambda p: p.name)
def test_the_recipes_can_be_used(path: Path) -> None:
    (spec,) = pos_tagging.seqkit_tasks()
    assert parse(spec.config, tomllib.loads(path.read_text(encoding="utf-8"))) != spec.config()


# --- reading -------------------------------------------------------------------------------------


def test_ranges_and_empty_nodes_of_a_treebank_are_no_words(tmp_path: Path) -> None:
    first, second = task().read(write(tmp_path, "a.conllu", TREEBANK))
    assert first.words == ("Do", "n't", "go", ".")
    assert first.tags == ("AUX", "PART", "VERB", "PUNCT")
    assert (second.words, second.tags) == (("나는", "간다"), ("PRON", "VERB"))


@pytest.mark.parametrize(
    ("column", "tags"),
    [
        ("upos", ("AUX", "PART", "VERB", "PUNCT")),
        ("XPOS", ("VB", "RB", "VB", ".")),
        ("feats", ("Mood=Imp", "_", "VerbForm=Inf", "_")),
    ],
)
def test_the_tag_column_of_a_treebank_is_chosen_by_name(
    tmp_path: Path, column: str, tags: tuple[str, ...]
) -> None:
    path = write(tmp_path, "a.conllu", TREEBANK)
    assert task(tag_column=column).read(path)[0].tags == tags


def test_a_column_that_a_treebank_has_not_is_refused_with_the_nearest(tmp_path: Path) -> None:
    path = write(tmp_path, "a.conllu", TREEBANK)
    with pytest.raises(UserError, match=r"a\.conllu: CoNLL-U has no tags 'upso'.*'upos'"):
        task(tag_column="upso").read(path)


def test_the_word_column_of_a_treebank_cannot_be_chosen(tmp_path: Path) -> None:
    path = write(tmp_path, "a.conllu", TREEBANK)
    wanted = r"a\.conllu: CoNLL-U has its words in FORM, found token_column='3'; leave it out"
    with pytest.raises(UserError, match=wanted):
        task(token_column="3").read(path)
    with pytest.raises(UserError, match=wanted) as caught:
        task(token_column="3", tag_column="upso").read(path)
    assert len(caught.value.problems) == 2


def test_words_without_a_tag_are_all_reported(tmp_path: Path) -> None:
    rest = "\tgo" + "\t_" * 8 + "\n"
    sentence = f"# a comment\n1{rest}2{rest}\n"
    with pytest.raises(UserError) as caught:
        task().read(write(tmp_path, "a.conllu", sentence * 13))
    assert [str(problem).rpartition("/")[2] for problem in caught.value.problems[:3]] == [
        "a.conllu:2: word 1 ('go') has no UPOS, wanted one",
        "a.conllu:3: word 2 ('go') has no UPOS, wanted one",
        "a.conllu:6: word 1 ('go') has no UPOS, wanted one",
    ]
    assert [problem.message for problem in caught.value.problems[20:]] == ["and 6 more problems"]


@pytest.mark.parametrize("name", ["a.conll", "a.txt", "a"])
def test_a_treebank_is_known_by_what_is_in_it(tmp_path: Path, name: str) -> None:
    assert task().read(write(tmp_path, name, TREEBANK))[0].words == ("Do", "n't", "go", ".")


def test_a_gzipped_treebank_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.conllu.gz"
    path.write_bytes(gzip.compress(TREEBANK.encode()))
    assert len(task().read(path)) == 2


def test_columns_are_read_and_chosen_by_number(tmp_path: Path) -> None:
    path = write(tmp_path, "a.tsv", "1\tThe\tDET\tx\n2\tdog\tNOUN\tx\n\n1\tGo\tVERB\tx\n")
    read = task(token_column="2", tag_column="3").read(path)
    assert read == [TaggedWords(("The", "dog"), ("DET", "NOUN")), TaggedWords(("Go",), ("VERB",))]
    plain = write(tmp_path, "b.conll", "# TAG\nThe\tDET\n\nGo\tVERB\n".replace(" ", "\t"))
    assert [item.words for item in task().read(plain)] == [("#", "The"), ("Go",)]


def test_a_missing_or_empty_file_is_the_users_mistake(tmp_path: Path) -> None:
    for path in (tmp_path / "none.tsv", tmp_path / "none.conllu", write(tmp_path, "empty", "\n")):
        with pytest.raises(UserError, match=path.name):
            task().read(path)


def test_inputs_are_treebanks_without_tags_or_lines_of_text(tmp_path: Path) -> None:
    untagged = TREEBANK.replace("VERB", "_")
    first, _ = task().read_inputs(write(tmp_path, "a.conllu", untagged))
    assert (first.words, first.tags) == (("Do", "n't", "go", "."), ())
    lines = task().read_inputs(write(tmp_path, "a.txt", "Go home.\n\nGo!\n"))
    assert [item.words for item in lines] == [("Go", "home", "."), ("Go", "!")]


@pytest.mark.realdata
def test_english_ewt_is_read_and_written_back_as_it_was(realdata: Callable[[str], Path]) -> None:
    path = realdata("ud-english-ewt/en_ewt-ud-dev.conllu")
    made = task()
    read = made.read(path)
    assert (len(read), sum(len(item.words) for item in read)) == (2001, 25147)
    parts = [made.formats["conllu"](item, predicted(item, *item.tags)) for item in read]
    assert "".join(parts) == path.read_text(encoding="utf-8")


# --- Python values -------------------------------------------------------------------------------


def test_inputs_are_texts_lists_of_words_or_sentences(tmp_path: Path) -> None:
    (sentence, _) = read_conllu(write(tmp_path, "a.conllu", TREEBANK))
    inputs: list[str | list[str] | Sentence] = ["Don't go 🙂", ["새", "집"], [], "", sentence]
    made = task().examples(inputs)
    assert [item.words for item in made] == [
        ("Do", "n't", "go", "🙂"),
        ("새", "집"),  # composed
        (),
        (),
        ("Do", "n't", "go", "."),
    ]
    assert all(item.tags == () for item in made)


def test_targets_are_lists_of_tags() -> None:
    (made,) = task().examples([["Go", "home"]], [["VERB", "ADV"]])
    assert made == TaggedWords(("Go", "home"), ("VERB", "ADV"))


def test_all_bad_inputs_are_named_at_once() -> None:
    with pytest.raises(UserError) as caught:
        task().examples([["a", ""], ["b"], ["c\td"]], [["X", "X"], [], ["X"]])
    assert [problem.where for problem in caught.value.problems] == ["input 1", "input 2", "input 3"]
    assert "found 0 tags for 1 word" in str(caught.value)


def test_the_text_and_the_answer() -> None:
    made = task()
    (example,) = made.examples(["Go home!"])
    assert made.text(example) == "Go home !"
    assert made.answer(predicted(example, "V", "A", "P")) == ["V", "A", "P"]


# --- fitting -------------------------------------------------------------------------------------


def test_resources_are_plain_and_do_not_depend_on_the_order_of_sentences() -> None:
    examples = train_examples()
    resources = task().fit(examples)
    assert json.loads(json.dumps(resources)) == resources
    assert task().fit(examples[::-1]) == resources


def test_lowercasing_and_minimum_count_decide_which_words_have_a_vector() -> None:
    def words(**options: Any) -> tuple[list[str], list[str]]:
        resources = task(**options).fit(train_examples())
        return resources["words"]["words"], resources["left_out"]

    kept, left_out = words()
    assert "stop" in kept
    assert "Stop" not in kept
    assert left_out == []
    assert "Stop" in words(lowercase=False)[0]
    kept, left_out = words(min_count=2)
    assert "stop" not in kept
    assert "stop" in left_out


@pytest.mark.parametrize("tags", [[], [["NOUN"]]])
def test_fewer_than_two_tags_cannot_be_learnt(tags: list[list[str]]) -> None:
    examples = task().examples([["dog"] for _ in tags], tags)
    with pytest.raises(UserError, match=r"training split: found .*, wanted at least two tags"):
        task().fit(examples)


@pytest.mark.parametrize("damage", ["words", "characters", "tags", "one tag"])
def test_resources_that_do_not_fit_are_refused(damage: str) -> None:
    resources: dict[str, Any] = json.loads(json.dumps(task().fit(train_examples())))
    if damage == "one tag":
        resources["tags"] = {"words": ["NOUN"], "specials": []}
    else:
        resources[damage]["specials"] = resources[damage]["words"][:2]
    with pytest.raises(UserError, match=damage.rpartition(" ")[2]):
        task().build(resources, rng=np.random.default_rng(0))


def test_pretrained_vectors_are_filled_in(tmp_path: Path) -> None:
    rows = ["the 1 2 3 4 5 6", "Dog 6 5 4 3 2 1", "elsewhere 0 0 0 0 0 0"]
    made = task(vectors=str(write(tmp_path, "vectors.txt", "\n".join(rows) + "\n")))
    tagger = made.build(made.fit(train_examples()), rng=np.random.default_rng(0))
    assert isinstance(tagger, PosTaggingModel)
    (notice,) = made.warm_start(tagger)
    features = tagger.features
    assert features.embedding.table.value[features.words.ids["the"]].tolist() == [1, 2, 3, 4, 5, 6]
    assert "words have a vector" in notice
    assert task().warm_start(tagger) == ()


# --- writing -------------------------------------------------------------------------------------


def test_a_treebank_is_written_back_with_nothing_changed_but_the_tags(tmp_path: Path) -> None:
    made = task()
    read = made.read(write(tmp_path, "a.conllu", TREEBANK))
    same = "".join(made.formats["conllu"](x, predicted(x, *x.tags)) for x in read)
    assert same == TREEBANK
    changed = made.formats["conllu"](read[0], predicted(read[0], "A", "B", "C", "D"))
    wanted = TREEBANK.split("\n\n")[0]
    for old, new in (("AUX\t", "A\t"), ("PART", "B"), ("VERB", "C"), ("PUNCT", "D")):
        wanted = wanted.replace(old, new)
    assert changed == wanted + "\n\n"


def test_tags_go_into_the_column_they_were_learnt_from(tmp_path: Path) -> None:
    made = task(tag_column="xpos")
    read = made.read(write(tmp_path, "a.conllu", TREEBANK))
    line = made.formats["conllu"](read[1], predicted(read[1], "x", "y")).split("\n")[1]
    assert line.split("\t")[3:5] == ["PRON", "x"]


def test_plain_text_becomes_new_conllu() -> None:
    made = task()
    (example,) = made.examples(["Go  home!"])
    assert made.formats["conllu"](example, predicted(example, "VERB", "two words", "PUNCT")) == (
        "# text = Go home!\n"
        "1\tGo\t_\tVERB\t_\t_\t_\t_\t_\t_\n"
        "2\thome\t_\ttwo_words\t_\t_\t_\t_\t_\tSpaceAfter=No\n"
        "3\t!\t_\tPUNCT\t_\t_\t_\t_\t_\t_\n\n"
    )


def test_a_sentence_without_words_is_written_as_nothing() -> None:
    made = task()
    (example,) = made.examples([""])
    assert made.formats["conllu"](example, predicted(example)) == ""
    assert made.formats["tsv"](example, predicted(example)) == "\n"


def test_tsv_has_a_word_and_its_tag_on_each_line() -> None:
    made = task()
    (example,) = made.examples([["새", "집"]])
    assert (
        made.formats["tsv"](example, predicted(example, "ADJ", "NOUN")) == "새\tADJ\n집\tNOUN\n\n"
    )
