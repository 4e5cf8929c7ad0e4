"""``labelproj release push``: one release to a target, once, and never half."""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import regex

from labelproj.errors import CheckFailedError, StorageError, UsageError
from labelproj.progress import log
from labelproj.release.changelog import (
    entries_of,
    first_entry,
    model_entry,
    next_entry,
    with_changelog,
)
from labelproj.release.check import check_release
from labelproj.release.diff import diff_datasets
from labelproj.release.folder import CARD, check_version, read_facts, release_files
from labelproj.release.forbidden import Forbidden

__all__ = ["Published", "Target", "push_release"]

Facts = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Published:
    """What a push came to: whether anything was sent, why (not), and where it is."""

    tag: str
    pushed: bool
    said: str
    url: str
    changelog: str = ""
    commit: str | None = None
    pull_request: str | None = None
    counts: Mapping[str, int] = field(default_factory=dict)


class Target(Protocol):
    """A place that holds releases under tags: a repository on the Hub, or a folder."""

    #: What to call it.
    name: str
    #: What ``load_dataset`` is to be given for it; None where that is the folder itself.
    loads: str | None

    def open(self, kind: str) -> None:
        """Make sure that releases of this kind (``dataset``, ``model``) can be put there."""
        ...

    def tags(self) -> list[str]:
        """Return the tags that are there."""
        ...

    def facts(self, tag: str | None) -> Facts | None:
        """Return ``release.json`` under a tag, or of what is there untagged (None)."""
        ...

    def fetch(self, tag: str, name: str, to: Path) -> None:
        """Copy a file of a tagged release to a path."""
        ...

    def publish(self, files: Mapping[str, Path], *, tag: str, facts: Facts) -> Published:
        """Put the files there in one step, under the tag."""
        ...

    def finish(self, *, tag: str) -> Published:
        """Tag what is there untagged."""
        ...


def push_release(
    folder: Path, target: Target, *, tag: str | None = None, forbidden: Forbidden | None = None
) -> Published:
    """Publish the release in ``folder``; do nothing where nothing has changed.

    The folder is checked first. ``tag`` is ``v<version>`` or ``<version>``, the version that the
    release was built as. The card's changelog gets an entry from the difference to the newest
    release that is there. A push that was stopped goes on where it stopped. Raises UsageError
    (tag), CheckFailedError (findings; the tag is there with other content; a newer version is
    there) and HubError or StorageError of the target.
    """
    facts = read_facts(folder)
    version = str(facts["version"])
    tag = tag or f"v{version}"
    if check_version(tag) != version:
        raise UsageError(
            f"the tag {tag} is not of version {version}, which this release was built as",
            remedy=f"--tag v{version}, or build it with --version {check_version(tag)}",
        )
    if findings := check_release(folder, forbidden=forbidden):
        where, what = findings[0]
        raise CheckFailedError(
            f"it does not pass the check, nothing was published; the first of {len(findings)}: "
            f"{where}: {what}",
            where=str(folder),
            remedy="`labelproj release check` lists them all",
        )
    target.open(str(facts["kind"]))
    tags = {check_version(one): one for one in target.tags() if _is_version(one)}
    if version in tags:
        return _already(target, tags[version], facts)
    previous = max(tags, key=_order, default=None)
    if previous is not None and _order(previous) > _order(version):
        raise CheckFailedError(
            f"version {previous} is there already: {version} is older",
            where=target.name,
            remedy="build the release with a higher --version",
        )
    earlier = _known(target.facts(tags[previous]), target, previous) if previous else None
    if earlier is not None and previous is not None and earlier["content"] == facts["content"]:
        said = f"nothing has changed since {previous}: nothing was pushed"
        return Published(tags[previous], False, said, target.name)
    untagged = target.facts(None)
    if untagged and (untagged["content"], untagged["version"]) == (facts["content"], version):
        log.info("%s: the files are there from an earlier push; tagging them", target.name)
        return target.finish(tag=tag)
    with tempfile.TemporaryDirectory(prefix="labelproj-push-") as work:
        entry, before = first_entry(version), ""
        if earlier is not None and previous is not None:
            entry, before = _entry(folder, facts, earlier, target, tags[previous], Path(work))
        card = (folder / CARD).read_text(encoding="utf-8")
        if target.loads:
            card = card.replace('"path/to/this/folder"', f'"{target.loads}"')
        mended = Path(work) / CARD
        mended.write_text(with_changelog(card, entry, earlier=before), encoding="utf-8")
        files = release_files(folder) | {CARD: mended}
        done = target.publish(files, tag=tag, facts=facts)
    return Published(
        tag=done.tag,
        pushed=done.pushed,
        said=done.said,
        url=done.url,
        changelog=entry,
        commit=done.commit,
        pull_request=done.pull_request,
        counts=done.counts,
    )


def _already(target: Target, tag: str, facts: Facts) -> Published:
    there = _known(target.facts(tag), target, tag)
    if there["content"] == facts["content"]:
        return Published(tag, False, f"{tag} is there already: nothing was pushed", target.name)
    raise CheckFailedError(
        f"{tag} is there already, with other content: nothing was pushed",
        where=target.name,
        remedy="a tag stays what it is: build the release with a higher --version",
    )


def _known(facts: Facts | None, target: Target, tag: str) -> Facts:
    if facts is None:
        raise CheckFailedError(
            f"what is tagged {tag} is no release of labelproj",
            where=target.name,
            remedy="publish to another repository, or with another version",
        )
    return facts


def _entry(
    folder: Path, facts: Facts, earlier: Facts, target: Target, tag: str, work: Path
) -> tuple[str, str]:
    """Return the new changelog entry and the ones before, from the earlier release."""
    version, previous = str(facts["version"]), str(earlier["version"])
    target.fetch(tag, CARD, work / "earlier.md")
    before = entries_of((work / "earlier.md").read_text(encoding="utf-8"))
    if facts["kind"] == "model":
        return model_entry(version, facts, earlier, previous=previous), before
    ours = {digest: name for name, digest in facts["files"].items()}
    for name, digest in earlier["files"].items():
        if not name.startswith("data/") or "-slim/" in name:
            continue
        place = work / "earlier" / name
        place.parent.mkdir(parents=True, exist_ok=True)
        if digest in ours:  # the same file: it need not be fetched
            place.symlink_to((folder / ours[digest]).resolve())
        else:
            target.fetch(tag, name, place)
    try:
        diff = diff_datasets(work / "earlier", folder)
    except StorageError as error:
        raise StorageError(
            f"cannot be compared with {previous}: {error.message}",
            where=target.name,
            remedy="look at the files of that release",
        ) from error
    return next_entry(version, diff, previous=previous), before


def _is_version(tag: str) -> bool:
    try:
        check_version(tag)
    except UsageError:
        return False
    return True


def _order(version: str) -> tuple[int, int, int, bool, str]:
    """Return a key by which versions are sorted; 1.0.0-rc1 comes before 1.0.0."""
    numbers, _, suffix = version.partition("-")
    major, minor, patch = (int(part) for part in regex.split(r"\.", numbers))
    return major, minor, patch, not suffix, suffix
