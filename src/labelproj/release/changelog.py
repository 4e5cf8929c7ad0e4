"""The changelog of a release: what is different from the one before, as text for its card."""

from collections.abc import Mapping
from typing import Any

from labelproj.build.markdown import table_text
from labelproj.release.diff import DatasetDiff
from labelproj.release.folder import CHANGELOG

__all__ = [
    "DIFF_COLUMNS",
    "diff_rows",
    "entries_of",
    "first_entry",
    "model_entry",
    "next_entry",
    "with_changelog",
]

DIFF_COLUMNS = (
    *("config", "split", "before", "after", "added", "removed", "moved in", "changed"),
    *("text", "labels", "scores", "mean score"),
)
_COUNTS = (
    *("before", "after", "added", "removed", "moved_in", "changed", "text", "labels", "scores"),
)


def diff_rows(diff: DatasetDiff) -> list[tuple[object, ...]]:
    """Return a row a split, in the order of ``DIFF_COLUMNS``."""
    rows: list[tuple[object, ...]] = []
    for config, found in diff.configs.items():
        for name, split in found.splits.items():
            scores = (split.score_before, split.score_after)
            mean = "" if None in scores else f"{scores[0]:.3f} to {scores[1]:.3f}"
            counts = [getattr(split, count) for count in _COUNTS]
            rows.append((config, name, *counts, mean))
    return rows


def first_entry(version: str) -> str:
    """Return the entry of a release that no other came before."""
    return f"### {version}\n\nThe first release."


def next_entry(version: str, diff: DatasetDiff, *, previous: str) -> str:
    """Return the entry of ``version``, compared with ``previous``: rows, labels, configs."""
    parts = [f"### {version}", f"Compared with {previous}, in rows:"]
    for what, names in (("New", diff.added), ("Gone", diff.removed)):
        whole = [name for name in names if not name.endswith("-slim")]
        if whole:
            parts.append(f"{what} configs: " + ", ".join(f"`{name}`" for name in whole) + ".")
    if rows := diff_rows(diff):
        parts.append(table_text(DIFF_COLUMNS, rows))
    labels = [
        f"{label} {before} to {after}"
        for config in diff.configs.values()
        for label, (before, after) in config.labels.items()
        if before != after
    ]
    if labels:
        parts.append("Spans by label: " + ", ".join(labels) + ".")
    if diff.same:
        parts.append("The rows are the same; the card or how it was made is different.")
    return "\n\n".join(parts)


def model_entry(
    version: str, facts: Mapping[str, Any], earlier: Mapping[str, Any], *, previous: str
) -> str:
    """Return the entry of a model's release: its score and that of the release before."""
    now, then = facts.get("score"), earlier.get("score")
    change = "The model is another one" if facts["files"] != earlier["files"] else "The same model"
    scores = f"; F1 on gold test data {then} to {now}" if now is not None else ""
    return f"### {version}\n\nCompared with {previous}: {change}{scores}."


def entries_of(card: str) -> str:
    """Return the entries of a card's changelog; empty where it has none."""
    parts = card.split(f"\n{CHANGELOG}\n", 1)
    return parts[1].strip() if len(parts) == 2 else ""


def with_changelog(card: str, entry: str, *, earlier: str = "") -> str:
    """Return a card whose changelog is ``entry`` and then the ``earlier`` entries."""
    body = card.split(f"\n{CHANGELOG}\n", 1)[0].rstrip()
    entries = f"{entry}\n\n{earlier}".strip()
    return f"{body}\n\n{CHANGELOG}\n\n{entries}\n"
