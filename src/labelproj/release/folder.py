"""The folder of a release: ``release.json`` says what is in it and what it is made of."""

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import regex

from labelproj import tables
from labelproj.errors import MissingInputError, StorageError, UsageError
from labelproj.provenance import file_digest, text_digest

__all__ = [
    "CARD",
    "CHANGELOG",
    "FACTS",
    "LOCAL",
    "check_version",
    "content_digest",
    "parse_facts",
    "read_facts",
    "release_files",
    "replace_release",
    "without_changelog",
    "write_card",
    "write_facts",
]

CARD = "README.md"
#: Everything about a release that a program may want to know; deterministic, and published.
FACTS = "release.json"
#: When and how long: stays here, is not published.
LOCAL = "manifest.json"
#: The last section of every card.
CHANGELOG = "## Changelog"
_VERSION = regex.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?")
#: The lines of a card that name the version or the place: no content of the release.
_VERSION_LINE = regex.compile(
    r"^(Version | *version = |.*(?:load_dataset|snapshot_download|pipeline)\().*$", regex.MULTILINE
)


def check_version(text: str) -> str:
    """Return ``1.2.0`` of ``1.2.0`` or ``v1.2.0``. Raises UsageError where it is no version."""
    version = text.removeprefix("v")
    if not _VERSION.fullmatch(version):
        raise UsageError(
            f"{text!r} is not a version", remedy="three numbers: 1.2.0 (https://semver.org)"
        )
    return version


def release_files(folder: Path) -> dict[str, Path]:
    """Return the files of a release by their path in it: all but hidden ones and the manifest."""
    found: dict[str, Path] = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        hidden = any(part.startswith(".") for part in name.split("/"))
        if path.is_file() and not hidden and name != LOCAL:
            found[name] = path
    return found


def without_changelog(card: str) -> str:
    """Return a card up to its changelog."""
    return card.split(f"\n{CHANGELOG}\n", 1)[0]


@contextmanager
def replace_release(out: Path) -> Iterator[Path]:
    """Give an empty folder beside ``out`` that takes its place when all went well.

    Raises UsageError where ``out`` is there and is no release: only one of ours may be replaced.
    """
    if out.exists() and not out.is_dir():
        raise UsageError("not a folder", where=str(out), remedy="choose another one with --out")
    if out.is_dir() and any(out.iterdir()) and not (out / FACTS).is_file():
        raise UsageError(
            "the folder has other things in it",
            where=str(out),
            remedy="choose another one with --out, or empty it",
        )
    partial = out.absolute().with_name(f".{out.absolute().name}.partial")
    try:
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        yield partial
        shutil.rmtree(out, ignore_errors=True)
        partial.replace(out)
    except OSError as error:
        raise StorageError(
            f"cannot be written: {error.strerror or error}",
            where=str(out),
            remedy="free some space or choose another folder, then run the same command again",
        ) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def write_card(folder: Path, text: str) -> None:
    """Write the card of a release."""
    with tables.atomic_path(folder / CARD) as temporary:
        temporary.write_text(text, encoding="utf-8")


def content_digest(files: Mapping[str, str], card: str) -> str:
    """Return 16 digits that stand for a release whatever its version and changelog.

    ``files`` has the digest of every file but the card and ``release.json``.
    """
    plain = _VERSION_LINE.sub("", without_changelog(card))
    return text_digest(json.dumps(dict(files), sort_keys=True), plain)


def write_facts(folder: Path, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Write ``release.json``, with the digests of the other files and of all content."""
    card = (folder / CARD).read_text(encoding="utf-8")
    files = {
        name: file_digest(path)
        for name, path in release_files(folder).items()
        if name not in (CARD, FACTS)
    }
    content = content_digest(files, card)
    whole = {**facts, "content": content, "files": files}
    with tables.atomic_path(folder / FACTS) as temporary:
        text = json.dumps(whole, indent=2, ensure_ascii=False, sort_keys=True)
        temporary.write_text(text + "\n", encoding="utf-8")
    return whole


def read_facts(folder: Path) -> dict[str, Any]:
    """Read ``release.json``. Raises MissingInputError or StorageError where it is none of ours."""
    path = folder / FACTS
    if not path.is_file():
        raise MissingInputError(
            f"not a release: there is no {FACTS} in it",
            where=str(folder),
            remedy="make one with `labelproj release build`",
        )
    facts = parse_facts(path.read_text(encoding="utf-8", errors="replace"))
    if facts is None:
        raise StorageError(
            "not readable as a release", where=str(path), remedy="build the release again"
        )
    return facts


def parse_facts(text: str) -> dict[str, Any] | None:
    """Return what ``release.json`` says; None where it is none of ours."""
    try:
        facts = json.loads(text)
        known = facts["kind"] in ("dataset", "model") and isinstance(facts["files"], dict)
        return dict(facts) if known and facts["version"] and facts["content"] else None
    except (ValueError, KeyError, TypeError):
        return None
