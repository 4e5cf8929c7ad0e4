"""Make the demo corpus from the hand-made lexicons and templates in ``source/``.

    python data/demo/generate.py [--out DIR]

The same source files give the same bytes every time.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random

from demo_corpus.dialogues import Talk, Utterance, dialogue_document, slot_spans, utterances
from demo_corpus.lexicon import Lexicon, read_yaml
from demo_corpus.templates import Renderer, Template, Unit, load_templates
from demo_corpus.units import CONTEXT_LENGTHS, DOCUMENT_LENGTHS, UNIT_LENGTHS, Source
from demo_corpus.writing import (
    Row,
    entity_document,
    event_document,
    event_spans,
    parallel_answers,
    parallel_entities,
    question_document,
    question_pairs,
    write_bitext,
    write_documents,
    write_parallel,
    write_rows,
)

HERE = Path(__file__).resolve().parent
SEED = 2024


class Corpus:
    """The templates and names of both sides; every list of units has a seed of its own."""

    def __init__(self, source: Path) -> None:
        agreement = read_yaml(source / "agreement.yaml")
        self.source = source
        self._names = {
            side: Renderer(Lexicon(source, held_out=side), agreement) for side in (False, True)
        }
        self._seen: set[str] = set()  # shared: no text is in two files, or twice in one
        self._lists = 0

    def templates(self, kind: str, *, held_out: bool) -> list[Template]:
        """The templates of a kind of corpus, a folder of the source."""
        folder = self.source / kind / ("held_out" if held_out else "train")
        return load_templates(folder, held_out=held_out)

    def take(
        self, number: int, templates: list[Template], lengths: tuple[int, ...], *, new_names: bool
    ) -> list[Unit]:
        """``number`` units that no list before has."""
        names = self._names[new_names]
        return Source(templates, names, self._random(), self._seen).take(number, lengths)

    def talk(self, *, held_out: bool) -> Talk:
        """A maker of dialogues."""
        return Talk(self.source, held_out=held_out, rng=self._random())

    def _random(self) -> Random:
        self._lists += 1
        return Random(SEED + self._lists)


@dataclass(frozen=True)
class Kind:
    """A corpus of labelled texts: its templates' folder, what is written of a unit, how many.

    ``parallel`` counts pairs from the training and from the held-out templates.
    """

    templates: str
    document: Callable[[Unit, str, str], Row]
    spans: Callable[[Unit, str], list[Row]]
    lengths: tuple[int, ...]
    parallel_lengths: tuple[int, ...]
    parallel: tuple[int, int]
    test: int
    files: Mapping[str, int]
    bitext: int
    bitext_lengths: tuple[int, ...]


ENTITIES = Kind(
    "entities",
    entity_document,
    parallel_entities,
    lengths=DOCUMENT_LENGTHS,
    parallel_lengths=UNIT_LENGTHS,
    parallel=(200, 220),
    test=260,
    files={"train.en": 1000, "dev.en": 120, "train.ha": 500, "dev.ha": 100},
    bitext=7000,
    bitext_lengths=UNIT_LENGTHS,
)
EVENTS = Kind(
    "events",
    event_document,
    event_spans,
    lengths=DOCUMENT_LENGTHS,
    parallel_lengths=UNIT_LENGTHS,
    parallel=(60, 60),
    test=120,
    files={"train.en": 400, "dev.en": 60, "train.ha": 250, "dev.ha": 60},
    bitext=1000,
    bitext_lengths=UNIT_LENGTHS,
)
QUESTIONS = Kind(
    "questions",
    question_document,
    parallel_answers,
    lengths=CONTEXT_LENGTHS,
    parallel_lengths=CONTEXT_LENGTHS,
    parallel=(40, 40),
    test=100,
    files={"train.en": 300, "dev.en": 40, "train.ha": 200, "dev.ha": 40},
    bitext=600,
    bitext_lengths=(1,),
)


def generate(source: Path, out: Path) -> None:
    """Read the hand-made files in ``source`` and write every generated file into ``out``."""
    corpus = Corpus(source)
    pairs = []
    for kind, task in ((ENTITIES, "ner"), (EVENTS, "eae"), (QUESTIONS, "qa")):
        units = _texts(corpus, kind, out / task)
        pairs += [(unit.en.text, unit.ha.text) for unit in units]
        pairs += [(one.text["en"], one.text["ha"]) for one in question_pairs(units)]
    pairs += _dialogues(corpus, out / "tod")
    write_bitext(out / "bitext.en-ha.tsv", pairs)


def _texts(corpus: Corpus, kind: Kind, out: Path) -> list[Unit]:
    """Write a corpus of labelled texts; return the units whose sentences are for the bitext."""
    old, new = (corpus.templates(kind.templates, held_out=side) for side in (False, True))
    # The held-out files first: what they have taken, the training side cannot take.
    parallel = corpus.take(kind.parallel[0], old, kind.parallel_lengths, new_names=True)
    parallel += corpus.take(kind.parallel[1], new, kind.parallel_lengths, new_names=True)
    write_parallel(out / "parallel.en-ha.jsonl", parallel, kind.spans)
    test = corpus.take(kind.test, new, kind.lengths, new_names=True)
    write_documents(out / "test.ha.jsonl", test, "ha", kind.document)
    for name, number in kind.files.items():
        units = corpus.take(number, old, kind.lengths, new_names=False)
        write_documents(out / f"{name}.jsonl", units, name[-2:], kind.document)
    return corpus.take(kind.bitext, old, kind.bitext_lengths, new_names=False)


def _dialogues(corpus: Corpus, out: Path) -> list[tuple[str, str]]:
    """Write the corpus of dialogues; return what is said in others for the bitext."""
    test = corpus.talk(held_out=True).dialogues(80)
    write_rows(
        out / "test.ha.jsonl",
        (dialogue_document(one, "ha", f"test-ha-{n:04}") for n, one in enumerate(test, 1)),
    )
    old, new = (_said(corpus.talk(held_out=side), 40, 80) for side in (False, True))
    write_rows(
        out / "parallel.en-ha.jsonl",
        (
            {
                "id": f"parallel-{number:04}",
                "src_lang": "en",
                "tgt_lang": "ha",
                "src_text": one.text["en"],
                "tgt_text": one.text["ha"],
                "src_spans": slot_spans(one, "en"),
                "tgt_spans": slot_spans(one, "ha"),
            }
            for number, one in enumerate({u.text["en"]: u for u in old + new}.values(), 1)
        ),
    )
    for name, number in (("train.en", 250), ("dev.en", 30), ("train.ha", 200), ("dev.ha", 30)):
        dialogues = corpus.talk(held_out=False).dialogues(number)
        lang, stem = name[-2:], name.replace(".", "-")
        write_rows(
            out / f"{name}.jsonl",
            (dialogue_document(one, lang, f"{stem}-{n:04}") for n, one in enumerate(dialogues, 1)),
        )
    said = _said(corpus.talk(held_out=False), 250, 900)
    return [(one.text["en"], one.text["ha"]) for one in said]


def _said(talk: Talk, dialogues: int, number: int) -> list[Utterance]:
    """The first ``number`` different things that are said in some dialogues, in both languages."""
    found: dict[str, Utterance] = {}
    hausa: set[str] = set()
    for one in utterances(talk.dialogues(dialogues)):
        if one.text["en"] not in found and one.text["ha"] not in hausa:
            found[one.text["en"]] = one
            hausa.add(one.text["ha"])
    return list(found.values())[:number]


def main() -> None:
    """Read the command line and make the corpus."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=HERE,
        help="folder for the generated files (default: %(default)s)",
    )
    generate(HERE / "source", parser.parse_args().out)


if __name__ == "__main__":
    main()
