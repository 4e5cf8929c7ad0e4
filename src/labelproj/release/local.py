"""Releases in a folder: one folder a tag, as on the Hub one revision a tag."""

import shutil
from collections.abc import Mapping
from pathlib import Path

from labelproj.errors import StorageError
from labelproj.release.folder import FACTS, parse_facts
from labelproj.release.push import Facts, Published

__all__ = ["FolderTarget"]


class FolderTarget:
    """``<root>/<tag>/`` holds the release of each tag; it appears whole or not at all."""

    def __init__(self, root: Path):
        self.root = root
        self.name = str(root)
        self.loads: str | None = None

    def open(self, kind: str) -> None:
        """Make the folder. Raises StorageError where it cannot be made."""
        try:
            self.root.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StorageError(
                f"cannot be written: {error.strerror or error}",
                where=str(self.root),
                remedy="choose another folder",
            ) from error

    def tags(self) -> list[str]:
        """Return the names of the folders that hold a release."""
        return sorted(path.parent.name for path in self.root.glob(f"[!.]*/{FACTS}"))

    def facts(self, tag: str | None) -> Facts | None:
        """Return ``release.json`` of a tag; there is nothing untagged in a folder."""
        if tag is None:
            return None
        try:
            return parse_facts((self.root / tag / FACTS).read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError):
            return None

    def fetch(self, tag: str, name: str, to: Path) -> None:
        """Copy a file of a release. Raises StorageError where it cannot be read."""
        try:
            shutil.copyfile(self.root / tag / name, to)
        except OSError as error:
            raise StorageError(
                f"cannot be read: {error.strerror or error}",
                where=str(self.root / tag / name),
                remedy="look at the release of that tag",
            ) from error

    def publish(self, files: Mapping[str, Path], *, tag: str, facts: Facts) -> Published:
        """Copy the files to ``<root>/<tag>/``. Raises StorageError; then nothing is there."""
        partial = self.root / f".{tag}.partial"
        try:
            shutil.rmtree(partial, ignore_errors=True)
            for name, path in files.items():
                place = partial / name
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, place)
            partial.replace(self.root / tag)
        except OSError as error:
            raise StorageError(
                f"cannot be written: {error.strerror or error}",
                where=str(self.root / tag),
                remedy="free some space, then run the same command again",
            ) from error
        finally:
            shutil.rmtree(partial, ignore_errors=True)
        return Published(
            tag, True, f"published {tag}", str(self.root / tag), counts={"files": len(files)}
        )

    def finish(self, *, tag: str) -> Published:
        """Say that there is nothing to finish: what is in a folder is tagged."""
        return Published(tag, False, "nothing to finish", str(self.root / tag))
