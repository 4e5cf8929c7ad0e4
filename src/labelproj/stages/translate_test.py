"""Translate-test as a system to be scored: texts go through their translation and back.

The texts are translated into the language of a model, the model labels the translations, and the
labels come back onto the texts, by the stages of the other direction (see
:mod:`labelproj.stages.from_predictions`). With the probabilities of another model for the texts
themselves, the two make an ensemble (:mod:`labelproj.train.blend`).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

from labelproj import tables
from labelproj.align import open_aligner, token_pair
from labelproj.config import Config, ProjectParams, TranslateParams
from labelproj.project import member_names
from labelproj.provenance import file_digest, text_digest
from labelproj.records import Document, Segment, Span
from labelproj.stages.chain import Chain
from labelproj.stages.prepare import units_of
from labelproj.tags import iob2_from_spans
from labelproj.text import words
from labelproj.train import load_tagger
from labelproj.train.blend import Carried, blended, carried
from labelproj.train.labeller import Labeller
from labelproj.train.systems import THERE_AND_BACK
from labelproj.train.token_classification import TransformersTagger
from labelproj.translate.back import back_model
from labelproj.translate.model import model_digest

__all__ = ["BackTagger", "TranslateTest", "open_way"]

Row = dict[str, Any]
_BATCH = 256


class TranslateTest:
    """Labels texts in ``tgt`` with models for ``src``, by way of their translations.

    ``mt`` is the folder of a prepared model from ``tgt`` to ``src``, or None where every text has
    its translation by :meth:`give`; ``weights`` a model from
    ``src`` to ``tgt``, for projection methods that ask one. The method ``markers`` marks labels
    before they are translated, and here there are labels only after: word alignment takes its
    place. Translations are kept in ``work``, and one translation of the texts serves all models.
    """

    def __init__(
        self,
        mt: Path | None,
        *,
        src: str,
        tgt: str,
        translate: TranslateParams,
        project: ProjectParams,
        work: Path,
        weights: str | None = None,
        splitter: str = "rules",
        resume: bool = True,
    ):
        self._mt = mt
        self._src, self._tgt = src, tgt
        self._translate = translate.model_copy(update={"markers": None})
        if "markers" in member_names(project):
            project = project.model_copy(update={"method": "alignment"})
        self._project = project
        self._weights = weights
        self._work = work
        self._splitter = splitter
        self._resume = resume
        self._given: Mapping[str, str] = {}
        self._known: dict[tuple[str, str], dict[int, list[Row]]] = {}

    def params(self) -> dict[str, object]:
        """Return what shapes the result, as JSON values, for signatures."""
        return {
            "mt": model_digest(self._mt) if self._mt else None,
            "given": text_digest(*(part for pair in self._given.items() for part in pair)),
            "translate": self._translate.model_dump(
                mode="json", exclude={"device", "rows_per_shard"}
            ),
            "project": self._project.model_dump(mode="json", exclude={"rows_per_shard"}),
            "splitter": self._splitter,
        }

    def give(self, translations: Mapping[str, str]) -> None:
        """Take ``translations`` (text to translation) as they are, in the place of ``mt``'s."""
        self._given = dict(translations)
        self._known.clear()

    def predict(self, texts: Sequence[str], model: Path) -> list[tuple[Span, ...]]:
        """Return the spans that come back onto each text from what ``model`` (a folder) finds.

        Raises what the stages raise.
        """
        found: list[tuple[Span, ...]] = [()] * len(texts)
        for number, rows in self._labelled(texts, model).items():
            spans = [span for row in rows for span in _placed(row)]
            found[number] = tuple(sorted(spans, key=lambda span: (span.start, span.end)))
        return found

    def ensemble(
        self, texts: Sequence[str], model: Path, *, trained: Path
    ) -> list[tuple[Span, ...]]:
        """Return the spans of each text by the mean of ``model``'s and ``trained``'s say.

        ``model`` reads the translations, ``trained`` the texts; both are folders of encoders.
        """
        own, reader = TransformersTagger.load(trained), TransformersTagger.load(model)
        found: list[tuple[Span, ...]] = [()] * len(texts)
        rows_of = self._labelled(texts, model)
        brought = self._brought([row for rows in rows_of.values() for row in rows], reader)
        for first in range(0, len(texts), _BATCH):
            part = texts[first : first + _BATCH]
            for number, mine in enumerate(own.distributions(part), start=first):
                theirs = _joined(
                    texts[number],
                    [(row, brought[row["id"]]) for row in rows_of.get(number, ())],
                    width=len(reader.tags),
                )
                found[number] = blended(
                    texts[number], mine, theirs, own_tags=own.tags, other_tags=reader.tags
                )
        return found

    def _labelled(self, texts: Sequence[str], model: Path) -> dict[int, list[Row]]:
        """Return the projected units of each text that has any, by its number."""
        given = (self._given.get(text, "") for text in texts)
        key = text_digest(*texts, *given), file_digest(model)
        if key not in self._known:
            rows = self._projected(texts, model, self._work / key[0])
            groups = groupby(rows, key=lambda row: row["document_id"])
            self._known[key] = {int(name): list(group) for name, group in groups}
        return self._known[key]

    def _projected(self, texts: Sequence[str], model: Path, place: Path) -> Iterator[Row]:
        # The next model finds the translations there; its labels take the place of this one's.
        chain = Chain(
            place, self._src, self._tgt, device=self._translate.device, resume=self._resume
        )
        chain.last = chain.folder("prepared")
        self._write_units(texts, chain.units)
        chain.translate(self._translate, model=self._mt, backwards=True)
        labeller = Labeller(load_tagger(model), model.name, None, file_digest(model))
        chain.label(labeller, label_map={}, rows_per_shard=self._translate.rows_per_shard)
        chain.project(self._project, mt=self._weights)
        for table in tables.iter_frames(chain.units, tables.PROJECTED):
            yield from table.iter_rows(named=True)

    def _write_units(self, texts: Sequence[str], path: Path) -> None:
        with tables.TableWriter(path, tables.UNITS) as writer:
            for number, text in enumerate(texts):
                given = self._given.get(text)
                segment = Segment("0", "text", text, translation=given)
                document = Document(str(number), self._tgt, (segment,))
                for _, unit in units_of(document, lang=self._tgt, splitter=self._splitter):
                    writer.add(tables.unit_row(unit, given=given, signature="translate-test:0"))

    def _brought(self, rows: Sequence[Row], reader: TransformersTagger) -> dict[str, Carried]:
        """Return the probabilities that each unit's words have from those of its translation."""
        pairs = [token_pair(row["src_text"], row["tgt_text"]) for row in rows]
        aligner = open_aligner(
            self._project.align,
            work=self._work / "align",
            src_lang=self._src,
            tgt_lang=self._tgt,
            device=self._translate.device,
        )
        aligner.fit(lambda: pairs)
        found: dict[str, Carried] = {}
        for first in range(0, len(rows), _BATCH):
            part = rows[first : first + _BATCH]
            links = aligner.align(pairs[first : first + _BATCH])
            scores = reader.distributions([row["src_text"] for row in part])
            for row, aligned, values in zip(part, links, scores, strict=True):
                spans = tables.spans_of(row["src_spans"])
                came = {span.id: span for span in _spans(row)}
                found[row["id"]] = carried(
                    values,
                    spans=[_inside(span, row["src_text"]) for span in spans],
                    places=[_inside(came.get(span.id), row["tgt_text"]) for span in spans],
                    links=aligned.links,
                    count=len(words(row["tgt_text"])),
                    tags=reader.tags,
                )
        return found


def open_way(
    config: Config,
    task: str,
    *,
    tgt: str,
    mt: Path,
    back: str | None,
    weights: str | None,
    work: Path,
    resume: bool = True,
) -> TranslateTest | None:
    """Return the way through the source language; None where no system of ``task`` takes it.

    ``mt`` is the project's prepared model and ``back`` the place of ``mt.back``. Raises what
    :func:`labelproj.translate.back.back_model` raises.
    """
    if task != "ner" or not set(config.train.of_task(task).systems) & set(THERE_AND_BACK):
        return None
    src = config.languages.source
    params = config.mt.model_copy(update={"back": back})
    return TranslateTest(
        back_model(params, mt, src=src, tgt=tgt),
        src=src,
        tgt=tgt,
        translate=config.translate,
        project=config.project,
        work=work,
        weights=weights,
        splitter=config.prepare.splitter,
        resume=resume,
    )


@dataclass(frozen=True, slots=True)
class BackTagger:
    """A model that reads translations, ``trained`` beside it for an ensemble, as a tagger."""

    way: TranslateTest
    model: Path
    labels: tuple[str, ...]
    trained: Path | None = None

    def predict(self, texts: Sequence[str]) -> list[tuple[Span, ...]]:
        """Return the spans of each text. All that there are should come together."""
        if self.trained is None:
            return self.way.predict(texts, self.model)
        return self.way.ensemble(texts, self.model, trained=self.trained)


def _spans(row: Row) -> Iterator[Span]:
    """Yield the spans of a unit that have a place in it."""
    for one in row["projections"] or ():
        if one["start"] is not None:
            yield Span(one["span_id"], one["start"], one["end"], one["label"])


def _placed(row: Row) -> Iterator[Span]:
    for span in _spans(row):
        yield span.shifted(row["start"])


def _inside(span: Span | None, text: str) -> list[int]:
    """Return the words of ``text`` that ``span`` touches."""
    if span is None:
        return []
    tags, _ = iob2_from_spans([span], words(text))
    return [index for index, tag in enumerate(tags) if tag != "O"]


def _joined(text: str, units: Sequence[tuple[Row, Carried]], *, width: int) -> Carried:
    """Put the units of a text together: the probabilities of the text's own words."""
    number = {start: index for index, (start, _) in enumerate(words(text))}
    rows = np.zeros((len(number), width), dtype=np.float32)
    known = np.zeros(len(number), dtype=np.bool_)
    for row, (values, has) in units:
        for index, (start, _) in enumerate(words(row["tgt_text"])):
            # At the edges of units a text may be cut into other words than the unit alone.
            word = number.get(row["start"] + start)
            if word is not None and has[index]:
                rows[word], known[word] = values[index], True
    return rows, known
