"""Train one system into a work folder, once: the same work is found again, not done again."""

import json
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from labelproj.config import SystemName, TrainParams
from labelproj.errors import StorageError
from labelproj.progress import log, track
from labelproj.provenance import file_digest, signature, text_digest
from labelproj.records import Document, Reject
from labelproj.tables import atomic_path
from labelproj.train import CARD, ENSEMBLE, MODELS, READERS, WRITERS
from labelproj.train.base import FitReport, weights_of
from labelproj.train.data import documents_digest
from labelproj.train.finetune import FineTuned
from labelproj.train.kept import finished, forget_old, mark_finished
from labelproj.train.token_classification import TransformersTagger

__all__ = [
    "MEAN",
    "NAMES",
    "NOT_SHAPING",
    "TAUGHT_BY_PEOPLE",
    "THERE_AND_BACK",
    "TRANSLATED",
    "System",
    "publish",
    "publish_ensemble",
    "publish_mean",
    "run_name",
    "run_params",
    "scored_as",
    "shaping_params",
    "system_home",
    "system_of",
    "system_signature",
    "train_system",
]

#: Every system, in the order in which they are shown.
NAMES: tuple[str, ...] = get_args(SystemName)
#: Those that are trained on translations, and those that are trained on gold target data.
TRANSLATED = ("projected", "projected+source", "projected+augmented", "multi-source", "few-shot")
TAUGHT_BY_PEOPLE = ("few-shot", "gold")
#: Those that translate a text before they label it.
THERE_AND_BACK = ("translate-test", "ensemble")
#: What only the backend transformers knows.
_ENCODERS = ("model", "max_length", "label_smoothing", "optimizer", "lora", "trim", "adapt")
#: What says which examples there are, what they count and how often, but not what is made of them.
NOT_SHAPING = {
    "systems",
    "seeds",
    "jobs",
    "few_shot",
    "weights",
    "tier_weights",
    "average_runs",
    "augment",
    "mix",
    "tasks",
}
#: What the name of the mean of a system's runs ends with.
MEAN = "@mean"
#: Checkpoints that an encoder is averaged over.
_AVERAGED = 5


@dataclass(frozen=True, slots=True)
class System:
    """A name and what is trained under it.

    ``model`` is a name in ``MODELS``; None is that of ``params.backend``.
    """

    name: str
    train: Sequence[Document]
    dev: Sequence[Document]
    rejects: Sequence[Reject] = ()
    model: str | None = None


def run_name(system: str, seed: int, seeds: Sequence[int]) -> str:
    """Return the folder of a system's run: its name, with the seed unless it is the first one."""
    return system if seed == seeds[0] else f"{system}@{seed}"


def system_of(run: str) -> str:
    """Return the system that a folder of a run belongs to."""
    return run.partition("@")[0]


def scored_as(run: str) -> str:
    """Return the name that a run is scored under: its system's, or of the mean of runs its own."""
    return run if run.endswith(MEAN) else system_of(run)


def run_params(params: TrainParams, system: str, *, seed: int) -> TrainParams:
    """Return the parameters of a system's run with ``seed``.

    Where ``average`` is not given, an encoder is averaged over its last checkpoints, unless
    people's labels in the target language can choose among them.
    """
    averaged = params.backend == "transformers" and system != "gold"
    average = params.average or (_AVERAGED if averaged else 1)
    return params.model_copy(update={"seed": seed, "average": average})


def shaping_params(params: TrainParams, model: str | None = None) -> dict[str, object]:
    """Return the parameters that shape a trained model, and the digest of a local encoder.

    ``model`` is that of the system, see :class:`System`.
    """
    shaping = params.model_dump(exclude=NOT_SHAPING)
    if params.average_runs:
        shaping["start"] = params.seeds[0]
    if model in WRITERS and params.backend == "spacy":
        del shaping["model"]
    elif params.backend == "spacy":
        for name in _ENCODERS:
            del shaping[name]
    elif params.model and Path(params.model).is_dir():
        shaping["model"] = file_digest(Path(params.model))
    return shaping


def system_signature(system: System, params: TrainParams) -> str:
    """Return the signature of a system: its documents and the parameters that shape it.

    Languages have no place in it: the same documents, with the same weights, make the same
    model.
    """
    digests: dict[str, object] = {
        "train": documents_digest(system.train),
        "dev": documents_digest(system.dev),
    }
    if system.model is not None and system.model != params.backend:
        digests["model"] = system.model
    weights = weights_of(system.train)
    if any(weight != 1.0 for weight in weights):
        digests["weights"] = text_digest(*map(repr, weights))
    return signature("train", shaping_params(params, system.model) | digests)


def system_home(system: System, params: TrainParams, *, work: Path) -> Path:
    """Return the folder under ``work`` that a system trained so has."""
    return work / f"{system.name}-{system_signature(system, params).split(':')[1]}"


def train_system(
    system: System, *, params: TrainParams, work: Path, resume: bool = True, keep: int = 12
) -> tuple[Path, dict[str, object]]:
    """Train ``system`` under ``work``: the folder of the model, and what is known about it.

    A system finished before is used again when it has the same signature and its files are
    whole; the last ``keep`` stay there. What is known: documents, spans, labels, steps,
    best_step, averaged (checkpoints), dev_f1 (0-100), seconds, resumed, signature. Raises what
    the backend's ``fit`` raises.
    """
    made_by = system_signature(system, params)
    home = system_home(system, params, work=work)
    folder = home / "model"
    if resume and (known := finished(home)):
        log.info("%s: trained before, used again", system.name)
        return folder, known | {"resumed": True}
    shutil.rmtree(home, ignore_errors=True)
    started = time.monotonic()
    backend = system.model or params.backend
    model = MODELS[backend](params)
    with track(f"train {system.name}", params.max_steps) as progress:
        report = model.fit(system.train, system.dev, progress=progress)
    model.save(folder)
    _write_history(report, folder / "history.csv")
    card = {
        "backend": backend,
        "system": system.name,
        "labels": list(model.labels),
        "seed": params.seed,
        "signature": made_by,
        "dev_f1": round(100 * report.dev_f1, 2),
    }
    _write_card(folder, card)
    known = {
        "documents": len(system.train),
        "dev_documents": len(system.dev),
        "spans": sum(1 for document in system.train for _ in document.spans()),
        "labels": list(model.labels),
        "steps": report.steps,
        "best_step": report.best_step,
        "averaged": params.average or 1,
        "dev_f1": round(100 * report.dev_f1, 2),
        "seconds": round(time.monotonic() - started, 2),
        "signature": made_by,
    }
    mark_finished(home, known)
    forget_old(work, keep)
    return folder, known | {"resumed": False}


def _write_card(folder: Path, card: Mapping[str, object]) -> None:
    with atomic_path(folder / CARD) as temporary:
        temporary.write_text(json.dumps(card, indent=2, ensure_ascii=False) + "\n", "utf-8")


def _write_history(report: FitReport, path: Path) -> None:
    lines = ["step,loss,dev_f1"]
    lines += [f"{step},{loss:.4f},{100 * f1:.2f}" for step, loss, f1 in report.history]
    with atomic_path(path) as temporary:
        temporary.write_text("\n".join(lines) + "\n", encoding="utf-8")


def publish(model: Path, out: Path, *, system: str | None = None) -> None:
    """Copy the folder ``model`` to ``out``, replacing it; under the name ``system``, if given.

    Raises StorageError.
    """
    temporary = out.with_name(f".{out.name}.partial")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(temporary, ignore_errors=True)
        shutil.copytree(model, temporary)
        if system is not None:
            card = json.loads((temporary / CARD).read_text(encoding="utf-8"))
            _write_card(temporary, card | {"system": system})
        shutil.rmtree(out, ignore_errors=True)
        temporary.replace(out)
    except (OSError, shutil.Error) as error:
        raise StorageError(
            f"the model cannot be copied: {error}",
            where=str(out),
            remedy="free some space, then run the same command again",
        ) from error


def publish_mean(
    name: str, runs: Mapping[str, Mapping[str, object]], out: Path
) -> dict[str, object]:
    """Write the mean of ``runs`` of system ``name`` in ``out`` beside them; say what is known.

    ``runs`` have what is known of each by the name of its folder. Averaging fine-tuned models
    that start alike: Wortsman et al. 2022 (https://arxiv.org/abs/2203.05482), for transfer
    between languages Schmidt et al. 2023.
    """
    first = next(iter(runs))
    made_by = signature("train", {"mean": [one["signature"] for one in runs.values()]})
    card = json.loads((out / first / CARD).read_text(encoding="utf-8"))
    del card["dev_f1"]
    card |= {"system": f"{name}{MEAN}", "seed": "mean", "signature": made_by}
    temporary = out / f".{name}{MEAN}.made"
    shutil.rmtree(temporary, ignore_errors=True)
    encoders: dict[str, type[FineTuned]] = {"transformers": TransformersTagger, **READERS}
    encoders[card["backend"]].mean([out / run for run in runs]).save(temporary)
    _write_card(temporary, card)
    publish(temporary, out / f"{name}{MEAN}")
    shutil.rmtree(temporary, ignore_errors=True)
    return {**runs[first], "runs": len(runs), "dev_f1": None, "signature": made_by}


def publish_ensemble(
    known: Mapping[str, Mapping[str, object]], out: Path
) -> dict[str, dict[str, object]]:
    """Write in ``out`` what the ensembles of the runs of ``known`` are made of; say it too.

    Each run of ``projected`` (translate-train) goes with that of ``translate-test`` with the same
    seed. The folders hold no weights, only the names of the two.
    """
    made: dict[str, dict[str, object]] = {}
    for run in known:
        members = [run, run.replace("projected", "translate-test", 1)]
        if system_of(run) != "projected" or members[1] not in known:
            continue
        name = run.replace("projected", ENSEMBLE, 1)
        cards = [json.loads((out / one / CARD).read_text(encoding="utf-8")) for one in members]
        facts: dict[str, object] = {
            "members": members,
            "labels": sorted({label for card in cards for label in card["labels"]}),
            "signature": signature("train", {"ensemble": [card["signature"] for card in cards]}),
        }
        shutil.rmtree(out / name, ignore_errors=True)
        (out / name).mkdir(parents=True)
        card = {"backend": ENSEMBLE, "system": scored_as(name), "seed": cards[0]["seed"]}
        _write_card(out / name, card | facts)
        made[name] = facts
    return made
