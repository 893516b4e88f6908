"""Readers: a path becomes a list of typed records, or one error with everything to mend."""

from typing import TYPE_CHECKING

from seqkit.lazy import lazy_names

__all__ = [
    "Column",
    "LabelledText",
    "LexiconEntry",
    "PairFormat",
    "Row",
    "Sentence",
    "TagColumn",
    "TaggedSentence",
    "Text",
    "TextPair",
    "Word",
    "create_sentence",
    "format_conll",
    "format_conllu",
    "format_tsv",
    "is_conllu",
    "read_conll",
    "read_conllu",
    "read_csv",
    "read_csv_columns",
    "read_fasttext",
    "read_folder",
    "read_jsonl",
    "read_labelled",
    "read_lexicon",
    "read_pairs",
    "read_plain",
    "read_tagged",
    "read_text",
    "read_texts",
    "read_tsv",
    "read_tsv_columns",
    "write_conllu",
]

if TYPE_CHECKING:
    from seqkit.text.readers.columns import Column
    from seqkit.text.readers.conll import format_conll, read_conll
    from seqkit.text.readers.conllu import (
        Sentence,
        TagColumn,
        Word,
        create_sentence,
        format_conllu,
        read_conllu,
        write_conllu,
    )
    from seqkit.text.readers.detection import (
        is_conllu,
        read_labelled,
        read_tagged,
        read_texts,
    )
    from seqkit.text.readers.jsonlines import read_jsonl
    from seqkit.text.readers.lexicon import LexiconEntry, read_lexicon
    from seqkit.text.readers.pairs import PairFormat, TextPair, read_pairs
    from seqkit.text.readers.plain import read_fasttext, read_folder, read_plain
    from seqkit.text.readers.records import LabelledText, Row, TaggedSentence, Text
    from seqkit.text.readers.source import read_text
    from seqkit.text.readers.tables import (
        format_tsv,
        read_csv,
        read_csv_columns,
        read_tsv,
        read_tsv_columns,
    )
else:
    __getattr__ = lazy_names(
        __name__,
        {
            "columns": ["Column"],
            "conll": ["format_conll", "read_conll"],
            "conllu": [
                "Sentence",
                "TagColumn",
                "Word",
                "create_sentence",
                "format_conllu",
                "read_conllu",
                "write_conllu",
            ],
            "detection": ["is_conllu", "read_labelled", "read_tagged", "read_texts"],
            "jsonlines": ["read_jsonl"],
            "lexicon": ["LexiconEntry", "read_lexicon"],
            "pairs": ["PairFormat", "TextPair", "read_pairs"],
            "plain": ["read_fasttext", "read_folder", "read_plain"],
            "records": ["LabelledText", "Row", "TaggedSentence", "Text"],
            "source": ["read_text"],
            "tables": [
                "format_tsv",
                "read_csv",
                "read_csv_columns",
                "read_tsv",
                "read_tsv_columns",
            ],
        },
    )
