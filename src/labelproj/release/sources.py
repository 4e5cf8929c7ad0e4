"""What a release is made of: built datasets, and what their stages say of how they were made."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import Any

from labelproj.config import BuildParams, load_config
from labelproj.errors import MissingInputError, UsageError
from labelproj.layout import Layout
from labelproj.shards import read_json, read_manifest

__all__ = ["Source", "find_sources", "public"]

_STAGES = ("prepared", "translated", "projected", "filtered")
#: Parameters that shape nothing a reader would want to know.
_INTERNAL = frozenset({"rows_per_shard", "device", "batch_tokens", "inputs"})


@dataclass(frozen=True, slots=True)
class Source:
    """One built dataset: ``folder`` has ``data/<config>/``, ``kept`` the units it is made of.

    ``mt`` is the note on the translation model (empty where translations were given), ``stages``
    the parameters of each stage, ``attrition`` and ``metrics`` what filter and evaluate wrote.
    """

    config: str
    task: str
    src: str
    tgt: str
    folder: Path
    kept: Path
    params: BuildParams
    signature: str
    mt: Mapping[str, Any] = field(default_factory=dict)
    stages: Mapping[str, Any] = field(default_factory=dict)
    attrition: Mapping[str, Any] = field(default_factory=dict)
    metrics: Mapping[str, Any] = field(default_factory=dict)

    def files(self, split: str) -> list[Path]:
        """Return the parquet files of a split, in order."""
        return sorted((self.folder / "data" / self.config).glob(f"{split}-*.parquet"))


def find_sources(
    specs: Sequence[Path], *, params: Path, build: BuildParams, work: Path
) -> list[Source]:
    """Return the built datasets that ``specs`` name, sorted by config.

    A spec is a folder that the build stage or ``labelproj project`` wrote; without any they are
    all datasets of the project folder of ``params``. A job has no dataset yet: it is built into
    ``work``, with ``build``. Raises MissingInputError, UsageError (a folder that is neither, two
    datasets of one config) and what the build stage raises.
    """
    found = [_source(spec, build=build, work=work) for spec in specs] or _of_project(params)
    seen: dict[str, Source] = {}
    for source in found:
        if source.config in seen:
            raise UsageError(
                f"two datasets are called {source.config}",
                where=f"{seen[source.config].folder}, {source.folder}",
                remedy="release them under two names, or project both corpora in one run",
            )
        seen[source.config] = source
    return [seen[config] for config in sorted(seen)]


def _of_project(params: Path) -> list[Source]:
    config = load_config(params)
    layout = Layout.of(params.parent, config.outputs)
    folders = [
        layout.dataset(task, target) for task in config.tasks for target in config.languages.targets
    ]
    missing = [folder for folder in folders if not (folder / "manifest.json").is_file()]
    if missing:
        raise MissingInputError(
            "no built dataset", where=str(missing[0]), remedy="run `dvc repro` first"
        )
    return [_of_dataset(folder) for folder in folders]


def _source(spec: Path, *, build: BuildParams, work: Path) -> Source:
    stage = (read_manifest(spec / "manifest.json") or {}).get("stage")
    if stage == "build":
        return _of_dataset(spec)
    if stage == "job":
        return _of_job(spec, build=build, work=work)
    if not spec.is_dir():
        raise MissingInputError("no such folder", where=str(spec))
    raise UsageError(
        "not a built dataset and not the result of `labelproj project`",
        where=str(spec),
        remedy="give outputs/dataset/TASK-LANGUAGE or the folder of a job",
    )


def _of_dataset(folder: Path) -> Source:
    manifest = read_json(folder / "manifest.json")
    shaping = manifest["params"]
    layout, what = Layout(folder.resolve().parents[1], Path()), folder.resolve().name
    task, src, tgt = (str(shaping[name]) for name in ("task", "src", "tgt"))
    filtered = layout.filtered(task, tgt)
    if what != f"{task}-{tgt}" or not (filtered / "kept.parquet").is_file():
        raise MissingInputError(
            "the units that this dataset was built from are not beside it",
            where=str(filtered / "kept.parquet"),
            remedy="leave the folder where the build stage put it, or release a job",
        )
    stages = {
        "prepare": read_manifest(layout.prepared(task) / "manifest.json"),
        "translate": read_manifest(layout.translated(task, tgt) / "manifest.json"),
        "project": read_manifest(layout.projected(task, tgt) / "manifest.json"),
        "filter": read_manifest(filtered / "manifest.json"),
    }
    return Source(
        config=f"{task}-{tgt}",
        task=task,
        src=src,
        tgt=tgt,
        folder=folder,
        kept=filtered / "kept.parquet",
        params=BuildParams.model_validate(
            {name: shaping[name] for name in BuildParams.model_fields if name in shaping}
        ),
        signature=str(manifest["signature"]),
        mt=_without_checks(read_manifest(layout.mt(tgt) / "mt.json") or {}),
        stages={name: _params(one) for name, one in stages.items() if one},
        attrition=read_manifest(filtered / "attrition.json") or {},
        metrics=read_manifest(layout.evaluation(task, tgt) / "metrics.json") or {},
    )


def _of_job(folder: Path, *, build: BuildParams, work: Path) -> Source:
    from labelproj.stages.build import run_build

    manifest = read_json(folder / "manifest.json")
    task, src, tgt = (str(manifest["params"][name]) for name in ("task", "src", "tgt"))
    mt = manifest.get("mt") or {}
    dataset = work / f"{task}-{tgt}"
    if not (folder / "documents.parquet").is_file():
        raise MissingInputError(
            "no such table",
            where=str(folder / "documents.parquet"),
            remedy="run the same `labelproj project` command again",
        )
    built = run_build(
        kept=folder / "kept.parquet",
        rejected=folder / "rejected.parquet",
        documents=folder / "documents.parquet",
        mt=None,
        attrition=folder / "attrition.json",
        out=dataset,
        params=build,
        task=task,
        src=src,
        tgt=tgt,
    )
    return Source(
        config=f"{task}-{tgt}",
        task=task,
        src=src,
        tgt=tgt,
        folder=dataset,
        kept=folder / "kept.parquet",
        params=build,
        signature=str(built["signature"]),
        mt=_without_checks(mt),
        stages={name: _params(one) for name, one in dict(manifest["stages"]).items()},
        attrition=read_json(folder / "attrition.json"),
    )


def _without_checks(mt: Mapping[str, Any]) -> dict[str, Any]:
    return {name: public(value) for name, value in mt.items() if name not in ("check", "versions")}


def _params(manifest: Mapping[str, Any]) -> dict[str, Any]:
    params = manifest.get("params") or {}
    return {name: public(value) for name, value in params.items() if name not in _INTERNAL}


def public(value: Any) -> Any:
    """Return a JSON value fit to be published: of paths only the last part is left.

    A text is a path where it is absolute, begins with ``~`` or ``.``, or has more than two
    parts; ids of the Hub (``owner/name``) stay as they are.
    """
    if isinstance(value, Mapping):
        return {name: public(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [public(one) for one in value]
    if isinstance(value, str) and "://" not in value and ("/" in value or "\\" in value):
        path = PurePath(value.replace("\\", "/"))
        if value.startswith(("/", "~", ".", "\\")) or len(path.parts) > 2 or value[1:2] == ":":
            return path.name
    return value
