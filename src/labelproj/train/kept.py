"""Folders of models that were finished before, found again as long as nothing has changed."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path

from labelproj.progress import log
from labelproj.provenance import file_digest
from labelproj.shards import write_manifest

__all__ = ["finished", "forget_old", "mark_finished"]

#: The file beside a finished model that says so, and with what digest.
_DONE = "done.json"


def finished(home: Path) -> dict[str, object] | None:
    """Return what is known of the model in ``home/model``; None where it is not there or broken."""
    try:
        done = json.loads((home / _DONE).read_text(encoding="utf-8"))
        if done["digest"] == file_digest(home / "model"):
            (home / _DONE).touch()
            return dict(done["known"])
        log.warning("%s is broken; it is made again", home)
    except FileNotFoundError:
        pass
    except (OSError, ValueError, KeyError, TypeError):
        log.warning("%s is broken; it is made again", home)
    return None


def mark_finished(home: Path, known: Mapping[str, object]) -> None:
    """Say that ``home/model`` is whole, and what is ``known`` of it."""
    write_manifest(home / _DONE, {"digest": file_digest(home / "model"), "known": dict(known)})


def forget_old(work: Path, keep: int) -> None:
    """Remove all but the last ``keep`` finished models in ``work``."""
    markers = sorted(work.glob(f"*/{_DONE}"), key=lambda path: path.stat().st_mtime_ns)
    for marker in markers[:-keep]:
        shutil.rmtree(marker.parent, ignore_errors=True)
