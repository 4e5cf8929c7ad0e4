"""Task-oriented dialogue in the pipeline: slots in the words, the state beside them, an agent."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any, ClassVar

from labelproj.build.documents import Reassembled
from labelproj.config import BuildParams, FilterParams
from labelproj.dialogue.corpus import survey
from labelproj.dialogue.examples import SUBTASKS, Example, examples_of
from labelproj.dialogue.kb import KnowledgeBase, read_kb
from labelproj.dialogue.keep import is_kept
from labelproj.dialogue.linear import write_acts, write_state
from labelproj.dialogue.localise import localise, localise_rows
from labelproj.dialogue.ontology import Ontology, fold, read_ontology
from labelproj.dialogue.schema import KEY, Turn, dialogue_of
from labelproj.dialogue.values import Lexicon, ValueMap
from labelproj.dialogue.verdicts import judge_example
from labelproj.records import Document
from labelproj.tasks.base import Beside, Case, Dataset, Dropped, Row, Usable, require_datasets
from labelproj.tasks.ner import Ner
from labelproj.tasks.shown import shown_dialogue

__all__ = ["Dialogues"]


#: Where the payload of a document of the dataset holds its examples.
_EXAMPLES = "examples"


class _Rows(Dataset):
    """The rows of named entities, and of each utterance its role, state, acts and examples."""

    def __init__(self, inner: Dataset):
        super().__init__()
        self._inner = inner
        self.counts = inner.counts

    def features(self) -> Any:
        types = require_datasets()
        text = types.Value("string")
        added: dict[str, Any] = dict.fromkeys(("role", "state", "acts"), text)
        pair = {"id": text, "input": text, "target": text}
        return types.Features({**self._inner.features(), **added, _EXAMPLES: types.List(pair)})

    def rows(self, one: Reassembled, *, signature: str) -> list[Row]:
        document = one.document
        turns = dialogue_of(document).turns
        users = {turn.user: turn for turn in turns if turn.user}
        agents = {turn.agent: turn for turn in turns if turn.agent}
        examples: dict[str | None, list[Row]] = {}
        for example, reasons in _judged(one):
            if not reasons:
                pair: Row = {"id": example.id, "input": example.input, "target": example.target}
                examples.setdefault(turns[example.turn].user, []).append(pair)
        said = [segment for segment in document.segments if segment.text.strip()]
        rows = self._inner.rows(one, signature=signature)
        for segment, row in zip(said, rows, strict=True):
            user = users.get(segment.id, Turn())
            acts = user.user_acts or agents.get(segment.id, Turn()).agent_acts
            row["role"] = segment.role
            row["state"] = write_state(user.state)
            row["acts"] = write_acts(acts)
            row[_EXAMPLES] = examples.get(segment.id, [])
            self.counts["examples"] += len(row[_EXAMPLES])  # type: ignore[arg-type]
        return rows

    def labels(self) -> dict[str, object]:
        return self._inner.labels()

    def counted(self, row: Row) -> Iterable[str]:
        return self._inner.counted(row)

    def about(self) -> str:
        return (
            "Each row is an utterance of a dialogue (`source_id`), said by its `role`. `tokens` "
            "and `ner_tags` (IOB2) mark the slots; `spans` has every slot with its place in `text` "
            "(code points, half-open). `state` is the goal after a user's utterance and `acts` "
            "what the utterance does, with values in the target language where the dialogue's "
            "words gave them, and in the form that `labelproj.dialogue.linear` reads back. "
            "`examples` of a user's utterance are what an agent is trained on: inputs and targets "
            f"of the subtasks {', '.join(SUBTASKS)}, {self.counts['examples']} in all."
        )


class Dialogues(Ner):
    """Dialogues as :mod:`labelproj.dialogue` has them. The model is an agent for its subtasks.

    A dialogue's values are mapped by an ontology, where one is given, by its own projected surfaces
    and by those of all dialogues (:meth:`informed`). ``labelproj dialogue localise`` also asks a
    model.
    """

    name = "tod"
    title = "slots of task-oriented dialogues"
    ids: ClassVar[tuple[str, ...]] = ()
    view = "dialogue"
    exports: ClassVar[tuple[tuple[str, str], ...]] = ((".jsonl", "jsonl"),)
    # A state says the values of the words: other words would need another state.
    augmentable: ClassVar[tuple[str, ...]] = ()
    models: ClassVar[Mapping[str, str]] = {"spacy": "seq2seq", "transformers": "seq2seq"}
    exam: ClassVar[str] = "agent"
    figures: ClassVar[tuple[tuple[str, str], ...]] = (
        ("JGA", "dst.jga"),
        ("API", "api.accuracy"),
        ("acts", "da.accuracy"),
        ("BLEU", "rg.bleu"),
    )
    columns: ClassVar[tuple[str, ...]] = (*Ner.columns, _EXAMPLES)

    def __init__(
        self,
        corpus: Lexicon | None = None,
        ontology: Ontology | None = None,
        literal: frozenset[str] = frozenset(),
    ):
        self._corpus = corpus
        self._ontology = ontology or Ontology()
        self._literal = literal

    def informed(self, kept: Path, params: BuildParams) -> "Dialogues":
        """Return the task with the value map over the corpus, and with its ontology.

        Raises MissingInputError and FormatError for an ontology that cannot be read.
        """
        names = params.tod.ontology
        corpus, found = survey(kept)
        ontology = None if names is None else read_ontology(Path(names))
        return Dialogues(corpus, ontology, frozenset(fold(value) for _, value in found))

    def beside(self, params: BuildParams) -> Beside:
        """Put the target language's values into the rows of a knowledge base, where one is given.

        Lines that are no rows, or have the key of another one, are put aside with their reasons.
        Raises MissingInputError and FormatError for one that cannot be read.
        """
        if params.tod.kb is None:
            return Beside()
        base, rejects = read_kb(Path(params.tod.kb), key=params.tod.kb_key)
        values = ValueMap(
            own=Lexicon(),
            literal=self._literal,
            corpus=self._corpus or Lexicon(),
            ontology=self._ontology,
            translated={},
        )
        local = KnowledgeBase(key=params.tod.kb_key)
        bad = [{"line": one.line, "reason": one.reason, "raw": one.raw} for one in rejects]
        for row in localise_rows(chain.from_iterable(base.rows.values()), values):
            if (reason := local.add(row)) is not None:
                raw = json.dumps({"api": row.api, "cells": dict(row.cells)}, ensure_ascii=False)
                bad.append({"line": None, "reason": f"localised: {reason}", "raw": raw})
        kept = list(local.lines())
        return Beside(
            {
                "kb.jsonl": kept,
                "kb.rejected.jsonl": [json.dumps(one, ensure_ascii=False) for one in bad],
            },
            {
                "kb_rows": len(kept),
                "kb_repeats": base.repeats + local.repeats,
                "kb_rejected": len(bad),
            },
        )

    def problem(self, document: Document) -> str | None:
        """Refuse a document without the structured part of a dialogue."""
        if KEY not in document.payload:
            return "no dialogue in it"
        try:
            dialogue_of(document)
        except ValueError as error:
            return str(error)
        return None

    def filters(self, params: FilterParams) -> FilterParams:
        """Measure repeated turns and missing slots only: a turn is needed where it stands."""
        return params.model_copy(update={"duplicate": False, "missing_spans": None})

    def usable(self, one: Reassembled, params: BuildParams) -> Usable:
        """Put the target language's values into states, acts, calls and rows.

        Every example of a turn is judged by itself
        (:func:`labelproj.dialogue.verdicts.judge_example`).
        """
        own = Lexicon()
        literal: set[str] = {fold(span.group) for span in one.lost if span.group is not None}
        for segment, projections in zip(one.document.segments, one.projections, strict=True):
            for span, projection in zip(segment.spans, projections, strict=True):
                if span.group is not None:
                    surface = span.surface(segment.text)
                    own.add(span.label, span.group, surface, projection.score)
                    literal.add(fold(span.group))
        values = ValueMap(
            own=own,
            literal=frozenset(literal),
            corpus=own if self._corpus is None else self._corpus,
            ontology=self._ontology,
            translated={},
        )
        local = localise(one.document, values)
        entries = [entry for entry in values.entries() if not is_kept(entry.source)]
        dropped = tuple(
            Dropped("value", one.document.id, "no target form", f"{entry.slot} = {entry.source}")
            for entry in entries
            if not entry.known
        )
        usable = replace(one, document=local)
        items = {"value": len(entries)} | {f"{name} example": 0 for name in SUBTASKS}
        for example, reasons in _judged(usable):
            kind = f"{example.subtask} example"
            items[kind] += 1
            if reasons:
                dropped += (Dropped(kind, example.id, "; ".join(reasons), example.target),)
        return Usable(usable, items, dropped)

    def shown(self, source: Document, usable: Usable) -> dict[str, object]:
        """See :func:`labelproj.tasks.shown.shown_dialogue`."""
        return shown_dialogue(source, usable, _judged(usable.one))

    def dataset(self, labels: Iterable[str], *, params: BuildParams) -> Dataset:
        """Return rows with tokens and IOB2 tags, role, state and acts."""
        return _Rows(super().dataset(labels, params=params))

    def document(self, row: Mapping[str, Any], *, lang: str) -> Document:
        """Return an utterance with the examples that it gives an agent."""
        found = super().document(row, lang=lang)
        return replace(found, payload={**found.payload, _EXAMPLES: row[_EXAMPLES]})

    def cases(self, document: Document) -> list[Case]:
        """Return a case an example: those that are known, or all that the dialogue gives."""
        known: Any = document.payload.get(_EXAMPLES)
        if known is None:
            known = [one.as_json() for one in examples_of(document, dialogue_of(document))]
        return [Case(one["id"], one["input"], (), (), target=one["target"]) for one in known]


def _judged(one: Reassembled) -> Iterator[tuple[Example, tuple[str, ...]]]:
    """Yield the examples of a localised dialogue with the reasons against each.

    A turn whose user's words have no accepted translation at all has no examples.
    """
    local = one.document
    known: Any = local.payload["values"]
    unmapped = {
        (value["slot"], value["source"]) for value in known if value["method"] == "unmapped"
    }
    rejected = {
        own.id: ("translation rejected",) for own in one.segments if own.accepted < own.units
    }
    source = dialogue_of(one.source or local)
    for example in examples_of(local, dialogue_of(local)):
        yield (
            example,
            judge_example(example, local, source, rejected=rejected, unmapped=frozenset(unmapped)),
        )
