"""The train stage: dataset, labelled source and gold data -> one trained model for each system."""

import shutil
import tempfile
import time
from collections.abc import Collection
from contextlib import ExitStack
from pathlib import Path

from labelproj.config import TrainParams
from labelproj.errors import MissingInputError
from labelproj.progress import log
from labelproj.provenance import now, signature, versions
from labelproj.records import Reject
from labelproj.shards import write_manifest
from labelproj.stages.scores import write_rejects
from labelproj.tasks import task_named
from labelproj.train import CARD
from labelproj.train.recipes import Recipes
from labelproj.train.systems import (
    MEAN,
    TAUGHT_BY_PEOPLE,
    publish,
    publish_mean,
    run_name,
    run_params,
    shaping_params,
    system_of,
    train_system,
)

__all__ = ["run_train"]

#: Parameters that say what a system is trained on, and with which seeds.
_RECIPE = {"seeds", "few_shot", "weights", "tier_weights", "average_runs"}
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
    - ``few-shot``: the same as ``projected`` and ``params.few_shot`` documents of
      ``gold_train``, others for each seed, repeated until they are a tenth of the texts;
    - ``zero-shot``: the labelled source, chosen on a held-out tenth of it;
    - ``gold``: ``gold_train`` and ``gold_dev``, files in any readable format; without
      ``gold_dev`` a tenth is held out.

    Without ``gold_train`` the systems that need it are left out. What a tagger is taught of the
    documents is for ``task`` to say. So only ``gold`` is ever chosen on
    target-language labels made by people. Finished systems stay in ``work`` and are used again
    where nothing changed. Writes ``rejects.parquet`` when gold records could not be read, and
    ``manifest.json`` last, which is returned. Raises MissingInputError when a system's data are
    not there or hold no label, and what the backend raises.
    """
    started = time.monotonic()
    what = task_named(task)
    gold = (_spec(gold_train), _spec(gold_dev))
    recipes = Recipes(dataset, source_units, *gold, src, tgt, what, params)
    seeds = params.seeds or (params.seed,)
    known: dict[str, dict[str, object]] = {}
    rejects: list[Reject] = []
    documents = 0
    (out / "manifest.json").unlink(missing_ok=True)
    with ExitStack() as stack:
        place = work or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        for name in dict.fromkeys(params.systems):
            if name in TAUGHT_BY_PEOPLE and gold[0] is None:
                log.info("%s: no gold training data for %s, left out", name, tgt)
                continue
            system = recipes.system(name, seed=seeds[0])
            for seed in seeds:
                # Runs with other documents may have other labels: there is no mean of them.
                if name == "few-shot" and seed != seeds[0] and not params.average_runs:
                    system = recipes.system(name, seed=seed)
                run = run_name(name, seed, seeds)
                model, known[run] = train_system(
                    system,
                    params=run_params(params, name, seed=seed),
                    work=place,
                    resume=resume,
                    keep=max(_KEEP, len(params.systems) * len(seeds)),
                )
                publish(model, out / run)
            if params.average_runs:
                runs = {run: one for run, one in known.items() if system_of(run) == name}
                known[f"{name}{MEAN}"] = publish_mean(name, runs, out)
            documents += len(system.train) + len(system.dev)
            rejects += system.rejects
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
        "params": shaping_params(params) | params.model_dump(include=_RECIPE, mode="json"),
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
