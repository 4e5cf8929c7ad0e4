"""The train stage: dataset, labelled source and gold data -> one trained model for each system."""

import shutil
import tempfile
import time
from collections.abc import Collection
from contextlib import ExitStack
from pathlib import Path

from labelproj import tables
from labelproj.config import TrainParams
from labelproj.errors import MissingInputError
from labelproj.progress import log
from labelproj.provenance import now, signature, versions
from labelproj.records import Document, Reject
from labelproj.shards import write_manifest
from labelproj.tasks import Task, task_named
from labelproj.train import CARD
from labelproj.train.data import dataset_documents, held_out, read_gold, source_documents, taught
from labelproj.train.systems import System, publish, shaping_params, train_system

__all__ = ["run_train"]


def run_train(
    *,
    dataset: Path,
    source_units: Path,
    out: Path,
    params: TrainParams,
    src: str,
    tgt: str,
    gold_train: Path | str | None = None,
    gold_dev: Path | str | None = None,
    task: str = "ner",
    work: Path | None = None,
    resume: bool = True,
) -> dict[str, object]:
    """Train the systems of ``params.systems``, each into ``out/<system>/``.

    - ``projected``: the train split of ``dataset``, the best model chosen on its validation
      split (projected labels too);
    - ``zero-shot``: the labelled source of ``source_units`` (``tables.UNITS``), chosen on a
      held-out tenth of it;
    - ``gold``: ``gold_train`` and ``gold_dev``, files in any readable format; without
      ``gold_train`` it is left out, without ``gold_dev`` a tenth is held out.

    What a tagger is taught of them is for ``task`` to say. So only ``gold`` ever sees
    target-language labels made by people. Finished systems stay in ``work`` and are used again
    where nothing changed. Writes ``rejects.parquet`` when gold records could not be read, and
    ``manifest.json`` last, which is returned. Raises MissingInputError when a system's data are
    not there or hold no label, and what the backend raises.
    """
    started = time.monotonic()
    what = task_named(task)
    gold = (_spec(gold_train), _spec(gold_dev))
    known: dict[str, dict[str, object]] = {}
    rejects: list[Reject] = []
    documents = 0
    (out / "manifest.json").unlink(missing_ok=True)
    with ExitStack() as stack:
        place = work or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        for name in dict.fromkeys(params.systems):
            if name == "gold" and gold[0] is None:
                log.info("gold: no gold training data for %s, left out", tgt)
                continue
            if name == "projected":
                system = _projected(dataset, lang=tgt, seed=params.seed, task=what)
            elif name == "zero-shot":
                system = _zero_shot(source_units, lang=src, seed=params.seed, task=what)
            else:
                system = _gold(*gold, lang=tgt, seed=params.seed, task=what)
            model, known[name] = train_system(system, params=params, work=place, resume=resume)
            publish(model, out / name)
            documents += len(system.train) + len(system.dev)
            rejects += system.rejects
    if not known:
        raise MissingInputError(
            "there is nothing to train",
            remedy="name a system in train.systems whose data are given",
        )
    _forget_others(out, known)
    (out / "rejects.parquet").unlink(missing_ok=True)
    if rejects:
        rows = [{name: getattr(reject, name) for name in tables.REJECTS} for reject in rejects]
        tables.write(tables.frame(rows, tables.REJECTS), out / "rejects.parquet", tables.REJECTS)
    manifest: dict[str, object] = {
        "stage": "train",
        "signature": signature("train", {name: one["signature"] for name, one in known.items()}),
        "params": shaping_params(params),
        "versions": versions(),
        "created": now(),
        "seconds": round(time.monotonic() - started, 3),
        "counts": {
            "in": documents + len(rejects),
            "kept": documents,
            "rejected": len(rejects),
            "failed": 0,
        },
        "systems": known,
    }
    write_manifest(out / "manifest.json", manifest)
    return manifest


def _spec(gold: Path | str | None) -> str | None:
    return str(gold) if gold else None


def _forget_others(out: Path, known: Collection[str]) -> None:
    """Leave nothing in ``out`` of systems that are no longer trained, and no other folder out."""
    for card in out.glob(f"*/{CARD}"):
        if card.parent.name not in known:
            shutil.rmtree(card.parent, ignore_errors=True)


def _projected(dataset: Path, *, lang: str, seed: int, task: Task) -> System:
    config = f"{task.name}-{lang}"
    train = dataset_documents(dataset, "train", config=config, lang=lang, task=task)
    dev = dataset_documents(dataset, "validation", config=config, lang=lang, task=task)
    return _system("projected", train, dev, seed=seed, where=str(dataset), task=task)


def _zero_shot(units: Path, *, lang: str, seed: int, task: Task) -> System:
    documents = source_documents(units, lang=lang)
    return _system("zero-shot", documents, [], seed=seed, where=str(units), task=task)


def _gold(train: str | None, dev: str | None, *, lang: str, seed: int, task: Task) -> System:
    documents, rejects = read_gold(str(train), lang=lang)
    chosen_on, more = read_gold(dev, lang=lang) if dev else ([], [])
    return _system(
        "gold",
        documents,
        chosen_on,
        seed=seed,
        where=str(train),
        task=task,
        rejects=[*rejects, *more],
    )


def _system(
    name: str,
    train: list[Document],
    dev: list[Document],
    *,
    seed: int,
    where: str,
    task: Task,
    rejects: list[Reject] | None = None,
) -> System:
    if not dev:
        train, dev = held_out(train, seed=seed)
    texts = taught(train, task)
    if not any(True for document in texts for _ in document.spans()):
        raise MissingInputError(f"no labelled span to train {name} on", where=where)
    return System(name, texts, taught(dev, task), rejects or ())
