"""What each system is trained on, and what its model is chosen on."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from labelproj.config import SystemName, TrainParams
from labelproj.errors import MissingInputError
from labelproj.progress import log
from labelproj.provenance import text_digest
from labelproj.records import Document, Reject
from labelproj.tasks import Task
from labelproj.train import READERS, WRITERS
from labelproj.train.base import WEIGHT
from labelproj.train.data import (
    TIER,
    dataset_documents,
    held_out,
    pairs_of,
    questions_of,
    read_gold,
    source_documents,
    taught,
    texts_of,
)
from labelproj.train.systems import System

__all__ = ["Recipes"]

#: Few gold examples are repeated until they are this share of the texts.
_FEW_SHARE = 0.1


@dataclass(frozen=True, slots=True)
class Recipes:
    """The data of one task and target language, from which systems are put together.

    ``gold_train`` and ``gold_dev`` are files in any readable format. What a tagger is taught of
    documents is for ``task`` to say. Only ``gold`` is chosen on labels that people made in the
    target language; only ``gold`` and ``few-shot`` are trained on such labels.
    """

    dataset: Path
    source_units: Path
    gold_train: str | None
    gold_dev: str | None
    src: str
    tgt: str
    task: Task
    params: TrainParams

    def system(self, name: SystemName, *, seed: int) -> System:
        """Return a system; ``seed`` draws the examples of ``few-shot`` and nothing else.

        Raises MissingInputError when its data are not there or hold no label, and StorageError.
        """
        if name == "zero-shot":
            train, dev = held_out(self._source(), seed=self.params.seed)
            return self._made(name, train, dev, where=self.source_units)
        if name == "gold":
            train, rejects = read_gold(str(self.gold_train), lang=self.tgt)
            if self.gold_dev:
                dev, more = read_gold(self.gold_dev, lang=self.tgt)
                rejects = [*rejects, *more]
            else:
                train, dev = held_out(train, seed=self.params.seed)
            return self._made(name, train, dev, where=self.gold_train, rejects=rejects)
        train, dev = self._projected()
        rejects = []
        if name == "projected+source":
            # The same text in two languages must not be on both sides.
            chosen_on = {document.id for document in dev}
            train = [*train, *(one for one in self._source() if one.id not in chosen_on)]
        elif name == "few-shot":
            gold, rejects = read_gold(str(self.gold_train), lang=self.tgt)
            train = [*train, *self._few(gold, beside=len(train), seed=seed)]
        return self._made(name, train, dev, where=self.dataset, rejects=rejects)

    def _source(self) -> list[Document]:
        documents = self.source_units.with_name("documents.parquet")
        beside = documents if documents.is_file() else None
        return source_documents(self.source_units, beside, lang=self.src)

    def _projected(self) -> tuple[list[Document], list[Document]]:
        config = f"{self.task.name}-{self.tgt}"
        train, dev = (
            dataset_documents(self.dataset, split, config=config, lang=self.tgt, task=self.task)
            for split in ("train", "validation")
        )
        return (train, dev) if dev else held_out(train, seed=self.params.seed)

    def _few(self, gold: Sequence[Document], *, beside: int, seed: int) -> list[Document]:
        """Draw ``few_shot`` gold documents, repeated so that ``beside`` others leave them seen."""
        wanted = self.params.few_shot
        if len(gold) < wanted:
            log.warning("few-shot: there are only %d gold documents, not %d", len(gold), wanted)
        drawn = sorted(gold, key=lambda one: text_digest(str(seed), one.id))[:wanted]
        times = max(1, round(_FEW_SHARE / (1 - _FEW_SHARE) * beside / len(drawn)))
        return drawn * times

    def _made(
        self,
        name: str,
        train: Sequence[Document],
        dev: Sequence[Document],
        *,
        where: Path | str | None,
        rejects: Sequence[Reject] = (),
    ) -> System:
        model = self.task.models.get(self.params.backend)
        writes = model in WRITERS
        lessons = pairs_of if writes else questions_of if model in READERS else texts_of
        texts = taught(train, self.task, lessons=lessons, weigh=self._weight)
        if not (texts if writes else any(True for document in texts for _ in document.spans())):
            what = "example" if writes else "labelled span"
            raise MissingInputError(f"no {what} to train {name} on", where=str(where))
        return System(name, texts, taught(dev, self.task, lessons=lessons), rejects, model)

    def _weight(self, document: Document) -> float | None:
        """Return how much a document of the dataset counts; None for others and where all do."""
        if self.params.weights == "tier":
            tier = document.payload.get(TIER)
            return None if tier is None else self.params.tier_weights.of(str(tier))
        known = document.payload.get(WEIGHT)
        return None if self.params.weights == "none" or known is None else float(str(known))
