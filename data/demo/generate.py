"""Make the demo corpus from the hand-made lexicons and templates in ``source/``.

    python data/demo/generate.py [--out DIR]

The same source files give the same bytes every time.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from random import Random

from demo_corpus.lexicon import Lexicon, read_yaml
from demo_corpus.templates import Renderer, Template, load_templates
from demo_corpus.units import DOCUMENT_LENGTHS, UNIT_LENGTHS, Source
from demo_corpus.writing import write_bitext, write_documents, write_parallel

HERE = Path(__file__).resolve().parent
SEED = 2024


def generate(source: Path, out: Path) -> None:
    """Read the hand-made files in ``source`` and write every generated file into ``out``."""
    agreement = read_yaml(source / "agreement.yaml")
    old_names = Renderer(Lexicon(source, held_out=False), agreement)
    new_names = Renderer(Lexicon(source, held_out=True), agreement)
    old_templates = load_templates(source / "templates" / "train", held_out=False)
    new_templates = load_templates(source / "templates" / "held_out", held_out=True)
    seen: set[str] = set()  # shared: no text is in two files, or twice in one
    files = 0

    def units(templates: list[Template], renderer: Renderer) -> Source:
        nonlocal files
        files += 1
        return Source(templates, renderer, Random(SEED + files), seen)

    out.mkdir(parents=True, exist_ok=True)
    # The held-out files first: what they have taken, the training side cannot take.
    parallel = units(old_templates, new_names).take(200, UNIT_LENGTHS)
    parallel += units(new_templates, new_names).take(220, UNIT_LENGTHS)
    write_parallel(out / "parallel.en-ha.jsonl", parallel)
    test = units(new_templates, new_names).take(260, DOCUMENT_LENGTHS)
    write_documents(out / "test.ha.jsonl", test, "ha")
    for name, number, lang in (
        ("train", 1000, "en"),
        ("dev", 120, "en"),
        ("train", 500, "ha"),
        ("dev", 100, "ha"),
    ):
        documents = units(old_templates, old_names).take(number, DOCUMENT_LENGTHS)
        write_documents(out / f"{name}.{lang}.jsonl", documents, lang)
    write_bitext(out / "bitext.en-ha.tsv", units(old_templates, old_names).take(8000, UNIT_LENGTHS))


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
