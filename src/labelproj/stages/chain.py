"""The stages of one job after another, in one work folder: each reads what the last one wrote."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from labelproj.config import (
    AlignParams,
    FilterParams,
    PrepareParams,
    ProjectParams,
    TranslateParams,
)
from labelproj.records import Document
from labelproj.stages.filter import run_filter
from labelproj.stages.label import run_label
from labelproj.stages.outputs import WORK, Result
from labelproj.stages.prepare import run_prepare
from labelproj.stages.project import run_project
from labelproj.stages.translate import run_translate
from labelproj.train.labeller import Labeller

__all__ = ["Chain"]


@dataclass(slots=True)
class Chain:
    """The work of a job whose results go to ``out``; ``done`` has the stages' manifests.

    ``src`` is the language of the labels and ``tgt`` that which they are projected onto. Every
    method runs a stage, or takes over what it wrote before, and raises what the stage raises.
    """

    out: Path
    src: str
    tgt: str
    task: str = "ner"
    device: str = "auto"
    resume: bool = True
    done: dict[str, Result] = field(default_factory=dict)
    #: The folder of the stage that ran last.
    last: Path = field(default_factory=Path)

    def folder(self, stage: str) -> Path:
        """Return where a stage writes: ``prepared``, ``translated``, ``labelled``, …"""
        return self.out / WORK / stage

    @property
    def units(self) -> Path:
        """The table of units that the last stage wrote."""
        return self.last / "units.parquet"

    def prepare(
        self,
        inputs: Sequence[str],
        params: PrepareParams,
        *,
        lang: str | None = None,
        format: str | None = None,
        quarantine: Path | None = None,
        reshape: Callable[[Document], Document] | None = None,
    ) -> Result:
        """Read ``inputs``, in ``lang`` or else the language of the labels, into units."""
        made = run_prepare(
            inputs=inputs,
            out=self.folder("prepared"),
            params=params,
            lang=lang or self.src,
            task=self.task,
            format=format,
            quarantine=quarantine,
            reshape=reshape,
        )
        return self._ran("prepare", "prepared", made)

    def translate(
        self, params: TranslateParams, *, model: Path | None, backwards: bool = False
    ) -> Result:
        """Translate the units from ``src`` to ``tgt``, or ``backwards``."""
        src, tgt = (self.tgt, self.src) if backwards else (self.src, self.tgt)
        made = run_translate(
            units=self.units,
            model=model,
            out=self.folder("translated"),
            params=params,
            src=src,
            tgt=tgt,
            work=self._shards("translate"),
            resume=self.resume,
        )
        return self._ran("translate", "translated", made)

    def label(
        self, labeller: Labeller, *, label_map: Mapping[str, str | None], rows_per_shard: int
    ) -> Result:
        """Have a model label the translations, which become the source."""
        made = run_label(
            units=self.units,
            out=self.folder("labelled"),
            labeller=labeller,
            label_map=label_map,
            work=self._shards("label"),
            rows_per_shard=rows_per_shard,
            resume=self.resume,
        )
        return self._ran("label", "labelled", made)

    def project(
        self, params: ProjectParams, *, mt: str | None = None, markers: str | None = None
    ) -> Result:
        """Find every source span's place; see :func:`labelproj.stages.project.run_project`."""
        made = run_project(
            units=self.units,
            out=self.folder("projected"),
            params=params,
            src=self.src,
            tgt=self.tgt,
            work=self._shards("project"),
            resume=self.resume,
            device=self.device,
            markers=markers,
            mt=mt,
        )
        return self._ran("project", "projected", made)

    def filter(
        self, params: FilterParams, *, align: AlignParams, model: Path | None = None
    ) -> Result:
        """Keep the good units; see :func:`labelproj.stages.filter.run_filter`."""
        made = run_filter(
            units=self.units,
            out=self.folder("filtered"),
            params=params,
            task=self.task,
            src=self.src,
            tgt=self.tgt,
            work=self._shards("filter"),
            align=align,
            align_work=self._shards("project"),
            model=model,
            device=self.device,
            resume=self.resume,
        )
        return self._ran("filter", "filtered", made)

    def _shards(self, stage: str) -> Path:
        return self.folder("shards") / stage

    def _ran(self, stage: str, folder: str, made: Result) -> Result:
        self.done[stage] = made
        self.last = self.folder(folder)
        return made
