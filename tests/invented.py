"""Labelled documents for tests of training: invented sentences that a small model can learn."""

import random
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from labelproj import tables
from labelproj.records import Document, Segment, Span, Unit

__all__ = ["TINY", "invented_documents", "invented_questions", "write_dataset", "write_units"]

_PEOPLE = ("Amina Bello", "Yusuf Danladi", "Grace Obi", "Musa", "Halima Sani", "Peter Okoro")
_PLACES = ("Kano", "Zariya", "Masar", "Port Harcourt", "Jos", "Ilorin")
_SENTENCES = (
    "{PER} ta isa {LOC} jiya.",
    "An yi ruwa a {LOC} dare duka.",
    "Kasuwa ta yi shiru, in ji {PER}.",
    "{PER} da {PER} sun tafi {LOC}.",
    "Manoma sun gode.",
)
#: Parameters with which both backends learn these sentences in a second or two.
TINY = {"max_steps": 60, "batch_words": 150, "eval_every": 20, "max_length": 48, "dropout": 0.1}


def invented_documents(count: int, *, seed: int = 0, lang: str = "ha") -> list[Document]:
    """Return ``count`` documents of one to three sentences."""
    rng = random.Random(seed)
    documents = []
    for number in range(count):
        text, spans = "", list[Span]()
        for _ in range(rng.randint(1, 3)):
            text += " " if text else ""
            for piece in rng.choice(_SENTENCES).replace("}", "{").split("{"):
                if piece in ("PER", "LOC"):
                    name = rng.choice(_PEOPLE if piece == "PER" else _PLACES)
                    spans.append(Span(f"s{len(spans)}", len(text), len(text) + len(name), piece))
                    piece = name
                text += piece
        segment = Segment("0", "text", text, tuple(spans))
        documents.append(Document(f"doc-{seed}-{number}", lang, (segment,)))
    return documents


def write_dataset(folder: Path, documents: Sequence[Document], split: str) -> None:
    """Write documents as a split of a dataset folder, as the build stage writes it."""
    rows = [
        {
            "id": document.id,
            "text": segment.text,
            "spans": [
                {
                    "start": s.start,
                    "end": s.end,
                    "label": s.label,
                    "id": s.id,
                    "score": 0.9,
                    "method": "alignment:test",
                }
                for s in segment.spans
            ],
        }
        for document in documents
        for segment in document.segments
    ]
    (folder / "data" / "ner-ha").mkdir(parents=True, exist_ok=True)
    pl.DataFrame(rows).write_parquet(folder / "data/ner-ha" / f"{split}-00000-of-00001.parquet")


def write_units(path: Path, documents: Sequence[Document]) -> None:
    """Write documents of one segment as the prepare stage does, a unit each."""
    rows = []
    for document in documents:
        (segment,) = document.segments
        end = len(segment.text)
        unit = Unit(
            document.id, document.id, "0", "text", 0, 0, end, "", segment.text, segment.spans
        )
        rows.append(tables.unit_row(unit, given=None, signature="prepare:0"))
    tables.write(tables.frame(rows, tables.UNITS), path, tables.UNITS)


def invented_questions(count: int, *, seed: int = 0, unanswerable: int = 4) -> list[Document]:
    """Return ``count`` contexts with a question each; every so many-th has no answer."""
    rng = random.Random(seed)
    documents = []
    for number in range(count):
        person, place = rng.choice(_PEOPLE), rng.choice(_PLACES)
        text = f"{'Kasuwa ta yi shiru. ' * rng.randint(1, 4)}{person} ta isa {place} jiya."
        question, right = rng.choice((("Wa ya isa?", person), ("Ina ta isa?", place)))
        spans: tuple[Span, ...] = ()
        if number % unanswerable:
            start = text.index(right)
            spans = (Span("a", start, start + len(right), "answer", "q"),)
        else:
            question = "Nawa ne?"
        segments = (
            Segment("context", "context", text, spans),
            Segment("q", "question", question),
        )
        documents.append(Document(f"qa-{seed}-{number}", "ha", segments))
    return documents
