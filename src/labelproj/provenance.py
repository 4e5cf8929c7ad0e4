"""What made a result: versions, parameters, and short signatures of them."""

import hashlib
import json
import platform
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

from labelproj._version import __version__

__all__ = [
    "file_digest",
    "now",
    "signature",
    "stream_digest",
    "text_digest",
    "versions",
    "versions_of",
]

LIBRARIES = (
    "ctranslate2",
    "eflomal",
    "polars",
    "spacy",
    "systran-align",
    "tokenizers",
    "torch",
    "transformers",
)


def versions() -> dict[str, str]:
    """Return the versions of labelproj, Python and the libraries that shape its results."""
    return {
        "labelproj": __version__,
        "python": platform.python_version(),
        **versions_of(*LIBRARIES),
    }


def versions_of(*names: str) -> dict[str, str]:
    """Return the versions of those of these packages that are installed."""
    found = {}
    for name in names:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def text_digest(*parts: str) -> str:
    """Return 16 hex digits that stand for these texts, in this order."""
    return stream_digest(parts)


def stream_digest(parts: Iterable[str]) -> str:
    """Return the :func:`text_digest` of texts that come one at a time."""
    digest = hashlib.blake2b(digest_size=8)
    for part in parts:
        raw = part.encode("utf-8", "surrogatepass")
        digest.update(len(raw).to_bytes(8, "little"))
        digest.update(raw)
    return digest.hexdigest()


def signature(stage: str, params: Mapping[str, object]) -> str:
    """Return ``stage:xxxxxxxxxxxxxxxx``, the same for the same stage, parameters and version.

    ``params`` are JSON values; what a result does not depend on (paths, devices, progress)
    has no place in them.
    """
    canonical = json.dumps(params, sort_keys=True, ensure_ascii=False, default=str)
    return f"{stage}:{text_digest(__version__, stage, canonical)}"


def file_digest(path: Path) -> str:
    """Return 32 hex digits that stand for the bytes of a file, or of all files of a folder."""
    digest = hashlib.blake2b(digest_size=16)
    files = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
    for file in files:
        if path.is_dir():
            digest.update(file.relative_to(path).as_posix().encode())
        with file.open("rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()


def now() -> str:
    """Return the time in UTC, to the second, in ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="seconds")
