"""The train stage: dataset, labelled source and gold data -> one trained model for each system."""

import shutil
import tempfile
import time
from collections.abc import Collection, Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path

from labelproj.config import AlignParams, SystemName, TrainParams
from labelproj.errors import MissingInputError
from labelproj.formats import check_inputs
from labelproj.progress import log
from labelproj.provenance import now, signature, versions
from labelproj.records import Reject
from labelproj.shards import write_manifest
from labelproj.stages.scores import write_rejects
from labelproj.stages.trim import texts_of
from labelproj.tasks import task_named
from labelproj.train import CARD, ENSEMBLE, WRITERS
from labelproj.train.recipes import Recipes
from labelproj.train.side_by_side import train_side_by_side
from labelproj.train.start import prepared_start
from labelproj.train.systems import (
    MEAN,
    NOT_SHAPING,
    TAUGHT_BY_PEOPLE,
    THERE_AND_BACK,
    System,
    publish,
    publish_ensemble,
    publish_mean,
    run_name,
    run_params,
    shaping_params,
    system_of,
)
from labelproj.train_params import OWN

__all__ = ["run_train"]

#: Finished models that stay in the work folder for later runs, at least.
_KEEP = 12


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
    align: AlignParams | None = None,
    task: str = "ner",
    work: Path | None = None,
    resume: bool = True,
) -> dict[str, object]:
    """Train the systems of ``params.systems``, each into ``out/<system>/``.

    With ``params.seeds`` each is trained with every one of them, from the second on into
    ``out/<system>@<seed>/``; what it is trained on stays the same. With ``params.average_runs``
    the mean of their weights goes into ``out/<system>@mean/``.

    - ``projected``: the train split of ``dataset``, chosen on its validation split (projected
      labels too);
    - ``projected+source``: the same and the labelled source of ``source_units``
      (``tables.UNITS``), without the documents of the validation split;
    - ``multi-source``: the parts of ``params.mix``, in their proportions;
    - ``projected+augmented``: the same as ``projected`` and what ``params.augment`` makes of its
      training documents, never of those of the validation split; ``align`` finds fragments;
    - ``few-shot``: the same as ``projected`` and ``params.few_shot`` documents of
      ``gold_train``, others for each seed, repeated until they are a tenth of the texts;
    - ``zero-shot``: the labelled source, chosen on a held-out tenth of it;
    - ``translate-test``: the model of ``zero-shot``, to read translations of the texts;
    - ``ensemble``: nothing of its own; ``projected`` and ``translate-test`` answer together;
    - ``gold``: ``gold_train`` and ``gold_dev``, files in any readable format; without
      ``gold_dev`` a tenth is held out.

    Before, ``params.trim`` and ``params.adapt`` make the encoder that all start from. Without
    ``gold_train`` the systems that need it are left out, and with another task than
    ``ner`` those that go through a translation. What a tagger is taught of the
    documents is for ``task`` to say. So only ``gold`` is ever chosen on
    target-language labels made by people. Finished systems stay in ``work`` and are used again
    where nothing changed. Writes ``rejects.parquet`` when gold records could not be read, and
    ``manifest.json`` last, which is returned. Raises MissingInputError when a system's data are
    not there or hold no label, and what the backend raises.
    """
    started = time.monotonic()
    what = task_named(task)
    if params.model and params.backend == "spacy":
        log.warning("train.model is not used: train.backend is spacy, not transformers")
    gold = (_spec(gold_train), _spec(gold_dev))
    if params.mix is not None and "multi-source" in params.systems:
        check_inputs([part.data for part in params.mix.parts if part.data not in OWN])
    seeds = params.seeds or (params.seed,)
    known: dict[str, dict[str, object]] = {}
    rejects: list[Reject] = []
    documents = 0
    (out / "manifest.json").unlink(missing_ok=True)
    with ExitStack() as stack:
        place = work or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        files = (dataset, source_units, *gold)
        recipes = Recipes(*files, src, tgt, what, params, align or AlignParams(), place / "augment")
        names = _names(params, task=task, tgt=tgt, gold=gold[0] is not None)
        starting, start = prepared_start(
            params,
            own=lambda: _texts(recipes.system(name, seed=seeds[0]) for name in names),
            read=lambda specs: lambda: texts_of([spec.replace("{tgt}", tgt) for spec in specs]),
            work=place / "start",
            whole=what.models.get(params.backend) in WRITERS,
            resume=resume,
        )
        runs: dict[str, tuple[System, TrainParams]] = {}
        for name in names:
            system = recipes.system(name, seed=seeds[0])
            for seed in seeds:
                # Runs with other documents may have other labels: there is no mean of them.
                if name == "few-shot" and seed != seeds[0] and not params.average_runs:
                    system = recipes.system(name, seed=seed)
                own = run_params(starting, name, seed=seed)
                runs[run_name(name, seed, seeds)] = system, own
            documents += len(system.train) + len(system.dev)
            rejects += system.rejects
        keep = max(_KEEP, len(params.systems) * len(seeds))
        models = train_side_by_side(
            list(runs.values()), jobs=params.jobs, work=place, resume=resume, keep=keep
        )
        for run, (model, facts) in zip(runs, models, strict=True):
            known[run] = facts
            publish(model, out / run, system=system_of(run))
        for name in names if params.average_runs else ():
            own_runs = {run: one for run, one in known.items() if system_of(run) == name}
            known[f"{name}{MEAN}"] = publish_mean(name, own_runs, out)
    if ENSEMBLE in params.systems:
        known |= publish_ensemble(known, out)
    if not known:
        raise MissingInputError(
            "there is nothing to train",
            remedy="name a system in train.systems whose data are given",
        )
    _forget_others(out, known)
    write_rejects(rejects, out)
    manifest: dict[str, object] = {
        "stage": "train",
        "signature": signature("train", {name: one["signature"] for name, one in known.items()}),
        "params": shaping_params(params)
        | params.model_dump(include=NOT_SHAPING - {"systems"}, mode="json"),
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
        "start": start,
    }
    write_manifest(out / "manifest.json", manifest)
    return manifest


def _spec(gold: Path | str | None) -> str | None:
    return str(gold) if gold else None


def _names(params: TrainParams, *, task: str, tgt: str, gold: bool) -> list[SystemName]:
    """Return the systems that have something to be trained on, of those asked for."""
    names: list[SystemName] = []
    for name in dict.fromkeys(params.systems):
        if name in TAUGHT_BY_PEOPLE and not gold:
            log.info("%s: no gold training data for %s, left out", name, tgt)
        elif name in THERE_AND_BACK and task != "ner":
            log.info("%s: only for the task ner, left out of %s", name, task)
        elif name != ENSEMBLE:  # it is made when its members are there
            names.append(name)
    return names


def _texts(systems: Iterable[System]) -> Iterator[str]:
    for system in systems:
        for document in (*system.train, *system.dev):
            for segment in document.segments:
                yield segment.text


def _forget_others(out: Path, known: Collection[str]) -> None:
    """Leave nothing in ``out`` of systems that are no longer trained, and no other folder out."""
    for card in out.glob(f"*/{CARD}"):
        if card.parent.name not in known:
            shutil.rmtree(card.parent, ignore_errors=True)
