"""Stage ``label``: a model labels the translations of unlabelled texts, and the sides change.

Translate-test: what was the source of the translation is what labels are to come back to, so from
here on the translation is the source text with its spans, and the original the target text.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import polars as pl

from labelproj import tables
from labelproj.progress import track
from labelproj.provenance import now, signature, versions
from labelproj.records import Document, Segment, Span
from labelproj.shards import run_sharded, signature_of, write_manifest
from labelproj.stages.prepare import mapped_labels
from labelproj.text import strip_space
from labelproj.train.labeller import Labeller

__all__ = ["run_label", "unlabelled", "whole_units"]

Row = Mapping[str, object]
#: Texts given to the model at a time.
_PREDICT = 256


def unlabelled(lang: str) -> Callable[[Document], Document]:
    """Return what makes of a document its original text in ``lang``, without labels.

    Where a document brings both texts, the original is its translation (``tgt_text``), and its
    text (``src_text``) becomes what the original is translated to.
    """

    def turned(segment: Segment) -> Segment:
        if segment.translation is None:
            return replace(segment, spans=())
        return replace(segment, text=segment.translation, spans=(), translation=segment.text)

    def reshape(document: Document) -> Document:
        return replace(document, lang=lang, segments=tuple(map(turned, document.segments)))

    return reshape


def run_label(
    *,
    units: Path,
    out: Path,
    labeller: Labeller,
    label_map: Mapping[str, str | None],
    work: Path,
    rows_per_shard: int,
    resume: bool = True,
) -> dict[str, object]:
    """Label the translations of ``units`` and write ``out/units.parquet`` with the sides changed.

    Both tables are ``tables.TRANSLATED``. In the new one ``src_text`` is the translation,
    ``src_spans`` what the model found in it (renamed by ``label_map``, see
    :func:`labelproj.stages.prepare.mapped_labels`), and ``tgt_text`` and ``given`` the original;
    what is known of the translation stays. A unit whose translation failed has no spans.

    Returns the manifest. Raises MissingInputError and StorageError.
    """
    started = time.monotonic()
    total = tables.count_rows(units)
    upstream = signature_of(units, tables.TRANSLATED)
    shaping = {"labeller": labeller.digest, "label_map": dict(label_map)}
    sign = signature("label", {**shaping, "upstream": upstream})

    def process(table: pl.DataFrame) -> pl.DataFrame:
        return _labelled(table, labeller, label_map, sign=sign)

    with track("labelling", total) as progress:
        counts = run_sharded(
            process,
            source=units,
            source_schema=tables.TRANSLATED,
            out=out / "units.parquet",
            out_schema=tables.TRANSLATED,
            signature=sign,
            work=work,
            rows_per_shard=rows_per_shard,
            progress=progress,
            resume=resume,
        )
    labels: Counter[str] = Counter()
    for table in tables.iter_frames(out / "units.parquet", tables.TRANSLATED):
        spans = table["src_spans"].explode().drop_nulls()
        labels.update(spans.struct.field("label").to_list())
    manifest: dict[str, object] = {
        "stage": "label",
        "signature": sign,
        "params": shaping,
        "labeller": labeller.note(),
        "versions": versions(),
        "created": now(),
        "seconds": round(time.monotonic() - started, 2),
        "counts": {
            "in": total,
            "kept": counts.rows,
            "rejected": 0,
            "failed": 0,
            "spans": dict(sorted(labels.items())),
        },
        "shards": {"computed": counts.computed, "resumed": counts.resumed},
    }
    write_manifest(out / "manifest.json", manifest)
    return manifest


def _labelled(
    table: pl.DataFrame, labeller: Labeller, label_map: Mapping[str, str | None], *, sign: str
) -> pl.DataFrame:
    translations = [text or "" for text in table["tgt_text"].to_list()]
    found: list[tuple[Span, ...]] = []
    for first in range(0, len(translations), _PREDICT):
        found += labeller.tagger.predict(translations[first : first + _PREDICT])
    places = table.select("segment_id", "position").iter_rows()
    spans = [
        [tables.span_row(span) for span in _named(text, mapped_labels(own, label_map, None), place)]
        for text, own, place in zip(translations, found, places, strict=True)
    ]
    return table.with_columns(
        pl.Series("src_text", translations, dtype=pl.String),
        pl.Series("src_spans", spans, dtype=tables.TRANSLATED["src_spans"]),
        pl.col("src_text").alias("tgt_text"),
        pl.col("src_text").alias("given"),
        pl.lit(sign).alias("signature"),
    ).select(list(tables.TRANSLATED))


def _named(text: str, spans: tuple[Span, ...], place: tuple[str, int]) -> Iterator[Span]:
    """Yield spans without white space at their edges, with ids that no other unit has."""
    segment, position = place
    for number, span in enumerate(spans):
        start, end = strip_space(text, span.start, span.end)
        if start < end:
            yield Span(f"{segment}/{position}/{number}", start, end, span.label)


def whole_units(units: Path, *, kept: Path, rejected: Path, out: Path) -> None:
    """Write all ``units`` with their verdicts, in their order; rejected ones without labels.

    A text is not to lose a sentence because the labels in it are doubtful: who asked for the
    labels of a text wants the text. ``units`` is a table of ``tables.PROJECTED``, the others are
    of ``tables.FILTERED``.
    """
    accepted, others = _rows(kept), _rows(rejected)
    waiting = next(accepted, None)
    with tables.TableWriter(out, tables.FILTERED) as writer:
        for table in tables.iter_frames(units, tables.PROJECTED):
            for name in table["id"]:
                if waiting is not None and waiting["id"] == name:
                    writer.add(waiting)
                    waiting = next(accepted, None)
                else:
                    writer.add({**next(others), "projections": []})


def _rows(path: Path) -> Iterator[Row]:
    for table in tables.iter_frames(path, tables.FILTERED, rows=1 << 12):
        yield from table.iter_rows(named=True)
