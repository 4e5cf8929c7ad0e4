"""Make the demo corpus from the hand-made lexicons and templates in ``source/``.

    python data/demo/generate.py [--out DIR]

The same source files give the same bytes every time.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from random import Random

from demo_corpus.lexicon import Lexicon, read_yaml
from demo_corpus.templates import Renderer, Template, Unit, load_templates
from demo_corpus.units import CONTEXT_LENGTHS, DOCUMENT_LENGTHS, UNIT_LENGTHS, Source
from demo_corpus.writing import (
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
)

HERE = Path(__file__).resolve().parent
SEED = 2024


class Corpus:
    """The templates and names of both sides; every list of units has a seed of its own."""

    def __init__(self, source: Path) -> None:
        agreement = read_yaml(source / "agreement.yaml")
        self._source = source
        self._names = {side: Renderer(Lexicon(source, held_out=side), agreement) for side in (False, True)}
        self._seen: set[str] = set()  # shared: no text is in two files, or twice in one
        self._lists = 0

    def templates(self, kind: str, *, held_out: bool) -> list[Template]:
        """The templates of a kind of corpus, a folder of the source."""
        folder = self._source / kind / ("held_out" if held_out else "train")
        return load_templates(folder, held_out=held_out)

    def take(
        self, number: int, templates: list[Template], lengths: tuple[int, ...], *, new_names: bool
    ) -> list[Unit]:
        """``number`` units that no list before has."""
        self._lists += 1
        rng = Random(SEED + self._lists)
        return Source(templates, self._names[new_names], rng, self._seen).take(number, lengths)


def generate(source: Path, out: Path) -> None:
    """Read the hand-made files in ``source`` and write every generated file into ``out``."""
    corpus = Corpus(source)
    # The held-out files first: what they have taken, the training side cannot take.
    pairs = _entities(corpus, out / "ner")
    pairs += _events(corpus, out / "eae")
    pairs += _questions(corpus, out / "qa")
    write_bitext(out / "bitext.en-ha.tsv", pairs)


def _entities(corpus: Corpus, out: Path) -> list[tuple[str, str]]:
    """Write the corpus of named entities; return sentences for the bitext."""
    old, new = (corpus.templates("entities", held_out=side) for side in (False, True))
    parallel = corpus.take(200, old, UNIT_LENGTHS, new_names=True)
    parallel += corpus.take(220, new, UNIT_LENGTHS, new_names=True)
    write_parallel(out / "parallel.en-ha.jsonl", parallel, parallel_entities)
    test = corpus.take(260, new, DOCUMENT_LENGTHS, new_names=True)
    write_documents(out / "test.ha.jsonl", test, "ha", entity_document)
    for name, number in (("train.en", 1000), ("dev.en", 120), ("train.ha", 500), ("dev.ha", 100)):
        units = corpus.take(number, old, DOCUMENT_LENGTHS, new_names=False)
        write_documents(out / f"{name}.jsonl", units, name[-2:], entity_document)
    return _sentences(corpus.take(7000, old, UNIT_LENGTHS, new_names=False))


def _events(corpus: Corpus, out: Path) -> list[tuple[str, str]]:
    """Write the corpus of events; return sentences for the bitext."""
    old, new = (corpus.templates("events", held_out=side) for side in (False, True))
    parallel = corpus.take(60, old, UNIT_LENGTHS, new_names=True)
    parallel += corpus.take(60, new, UNIT_LENGTHS, new_names=True)
    write_parallel(out / "parallel.en-ha.jsonl", parallel, event_spans)
    test = corpus.take(120, new, DOCUMENT_LENGTHS, new_names=True)
    write_documents(out / "test.ha.jsonl", test, "ha", event_document)
    for name, number in (("train.en", 400), ("dev.en", 60), ("train.ha", 250), ("dev.ha", 60)):
        units = corpus.take(number, old, DOCUMENT_LENGTHS, new_names=False)
        write_documents(out / f"{name}.jsonl", units, name[-2:], event_document)
    return _sentences(corpus.take(1000, old, UNIT_LENGTHS, new_names=False))


def _questions(corpus: Corpus, out: Path) -> list[tuple[str, str]]:
    """Write the corpus of questions; return contexts' sentences and questions for the bitext."""
    old, new = (corpus.templates("questions", held_out=side) for side in (False, True))
    parallel = corpus.take(40, old, CONTEXT_LENGTHS, new_names=True)
    parallel += corpus.take(40, new, CONTEXT_LENGTHS, new_names=True)
    write_parallel(out / "parallel.en-ha.jsonl", parallel, parallel_answers)
    test = corpus.take(100, new, CONTEXT_LENGTHS, new_names=True)
    write_documents(out / "test.ha.jsonl", test, "ha", question_document)
    for name, number in (("train.en", 300), ("dev.en", 40), ("train.ha", 200), ("dev.ha", 40)):
        units = corpus.take(number, old, CONTEXT_LENGTHS, new_names=False)
        write_documents(out / f"{name}.jsonl", units, name[-2:], question_document)
    units = corpus.take(600, old, (1,), new_names=False)
    asked = [(one.text["en"], one.text["ha"]) for one in question_pairs(units)]
    return _sentences(units) + asked


def _sentences(units: list[Unit]) -> list[tuple[str, str]]:
    return [(unit.en.text, unit.ha.text) for unit in units]


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
