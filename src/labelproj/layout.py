"""Where each stage of a project folder puts its results."""

from dataclasses import dataclass
from pathlib import Path

__all__ = ["Layout"]


@dataclass(frozen=True, slots=True)
class Layout:
    """The folders of one project: ``outputs`` (kept by DVC) and ``work`` (shards, git-ignored).

    Every method gives a folder; ``what`` is ``<task>-<target language>``.
    """

    outputs: Path
    work: Path

    @classmethod
    def of(cls, root: Path, outputs: str) -> "Layout":
        """Return the layout of the project folder ``root``."""
        return cls(root / outputs, root / ".labelproj")

    def mt(self, target: str) -> Path:
        """Return the folder of the MT model for a target language."""
        return self.outputs / "mt" / target

    def prepared(self, task: str) -> Path:
        """Return the folder of the units of a task's source corpus."""
        return self.outputs / "prepared" / task

    def translated(self, task: str, target: str) -> Path:
        """Return the folder of the translated units."""
        return self.outputs / "translated" / f"{task}-{target}"

    def projected(self, task: str, target: str) -> Path:
        """Return the folder of the projected units."""
        return self.outputs / "projected" / f"{task}-{target}"

    def filtered(self, task: str, target: str) -> Path:
        """Return the folder of the kept and the rejected units."""
        return self.outputs / "filtered" / f"{task}-{target}"

    def dataset(self, task: str, target: str) -> Path:
        """Return the folder of the dataset."""
        return self.outputs / "dataset" / f"{task}-{target}"

    def models(self, task: str, target: str) -> Path:
        """Return the folder of the trained systems, a folder each."""
        return self.outputs / "models" / f"{task}-{target}"

    def evaluation(self, task: str, target: str) -> Path:
        """Return the folder of metrics and plots."""
        return self.outputs / "evaluation" / f"{task}-{target}"

    def report(self, task: str, target: str) -> Path:
        """Return the folder of the page for people."""
        return self.outputs / "report" / f"{task}-{target}"
