"""What each system is trained on, and what its model is chosen on."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from labelproj.config import AlignParams, SystemName, TrainParams
from labelproj.errors import MissingInputError
from labelproj.progress import log
from labelproj.provenance import text_digest
from labelproj.records import Document, Reject
from labelproj.tasks import Task
from labelproj.train import READERS, WRITERS
from labelproj.train.augmented import augmented
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
from labelproj.train.mix import mixed
from labelproj.train.systems import System
from labelproj.train_params import OWN, PartParams

__all__ = ["Recipes"]

#: Few gold examples are repeated until they are this share of the texts.
_FEW_SHARE = 0.1
_DATASET, _SOURCE = OWN


@dataclass(frozen=True, slots=True)
class Recipes:
    """The data of one task and target language, from which systems are put together.

    ``gold_train`` and ``gold_dev`` are files in any readable format. What a tagger is taught of
    documents is for ``task`` to say. Only ``gold`` is chosen on labels that people made in the
    target language; only ``gold`` and ``few-shot`` are trained on such labels. ``align`` is the
    word aligner for augmentation (None: the default), ``work`` its folder (None: one that goes).
    """

    dataset: Path
    source_units: Path
    gold_train: str | None
    gold_dev: str | None
    src: str
    tgt: str
    task: Task
    params: TrainParams
    align: AlignParams | None = None
    work: Path | None = None

    def system(self, name: SystemName, *, seed: int) -> System:
        """Return a system; ``seed`` draws the examples of ``few-shot`` and nothing else.

        Raises MissingInputError when its data are not there or hold no label, and StorageError.
        """
        if name in ("zero-shot", "translate-test"):
            train, dev = held_out(self._source(), seed=self.params.seed)
            # One name for both, so that the model they share is trained once.
            return self._made("zero-shot", train, dev, where=self.source_units)
        if name == "gold":
            train, rejects = read_gold(str(self.gold_train), lang=self.tgt)
            if self.gold_dev:
                dev, more = read_gold(self.gold_dev, lang=self.tgt)
                rejects = [*rejects, *more]
            else:
                train, dev = held_out(train, seed=self.params.seed)
            return self._made(name, train, dev, where=self.gold_train, rejects=rejects)
        if name == "multi-source":
            return self._mixture()
        train, dev = self._projected()
        rejects = []
        if name == "projected+source":
            # The same text in two languages must not be on both sides.
            chosen_on = {document.id for document in dev}
            train = [*train, *(one for one in self._source() if one.id not in chosen_on)]
        elif name == "projected+augmented":
            train = [*train, *self._augmented(train)]
        elif name == "few-shot":
            gold, rejects = read_gold(str(self.gold_train), lang=self.tgt)
            train = [*train, *self._few(gold, beside=len(train), seed=seed)]
        return self._made(name, train, dev, where=self.dataset, rejects=rejects)

    def _mixture(self) -> System:
        """Put the parts of ``params.mix`` together.

        The dataset's validation split is what it is chosen on, without the dataset a tenth of each
        part. What has the id of a document of that split, in whatever language, is not learnt.
        """
        mix = self.params.mix
        assert mix is not None  # TrainParams sees to it
        rejects: list[Reject] = []
        parts: list[list[Document]] = []
        dev: list[Document] = []
        own = any(part.data == _DATASET for part in mix.parts)
        for part in mix.parts:
            if part.data == _DATASET:
                train, dev = self._projected()
            else:
                train, bad = self._part(part)
                rejects += bad
                if not own:
                    train, more = held_out(train, seed=self.params.seed)
                    dev += more
            parts.append(train)
        chosen_on = {document.id for document in dev}
        parts = [[one for one in part if one.id not in chosen_on] for part in parts]
        for part, documents in zip(mix.parts, parts, strict=True):
            if not any(segment.text.strip() for one in documents for segment in one.segments):
                raise MissingInputError("nothing to learn from", where=part.data)
        weights = [part.weight for part in mix.parts]
        together, times = mixed(parts, weights=weights, temperature=mix.temperature)
        said = (f"{part.data} {often:.2f}" for part, often in zip(mix.parts, times, strict=True))
        log.info("multi-source: times each part is gone through: %s", ", ".join(said))
        return self._made("multi-source", together, dev, where="train.mix", rejects=rejects)

    def _part(self, part: PartParams) -> tuple[list[Document], list[Reject]]:
        if part.data == _SOURCE:
            return self._source(), []
        return read_gold(part.data, lang=part.lang or self.src)

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

    def _augmented(self, train: Sequence[Document]) -> list[Document]:
        return augmented(
            train,
            self._source(),
            params=self.params.augment,
            seed=self.params.seed,
            task=self.task,
            src=self.src,
            tgt=self.tgt,
            align=self.align,
            work=self.work,
        )

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
            raise MissingInputError(
                f"no {what} to train {name} on",
                where=str(where),
                remedy="look into it, and run the stage that writes it again if it is not whole",
            )
        return System(name, texts, taught(dev, self.task, lessons=lessons), rejects, model)

    def _weight(self, document: Document) -> float | None:
        """Return how much a document of the dataset counts; None for others and where all do."""
        if self.params.weights == "tier":
            tier = document.payload.get(TIER)
            return None if tier is None else self.params.tier_weights.of(str(tier))
        known = document.payload.get(WEIGHT)
        return None if self.params.weights == "none" or known is None else float(str(known))
