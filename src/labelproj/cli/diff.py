"""``labelproj diff``: two versions of a dataset."""

from pathlib import Path
from typing import Annotated

import typer

from labelproj.cli.options import Json
from labelproj.cli.render import show_json, show_table
from labelproj.progress import console

__all__ = ["diff"]


def diff(
    older: Annotated[Path, typer.Argument(metavar="A", help="The older release or dataset.")],
    newer: Annotated[Path, typer.Argument(metavar="B", help="The newer one.")],
    json: Json = False,
) -> None:
    """Say what is different: rows added, removed, moved and changed; labels, texts and scores.

    Example: labelproj diff releases/v1.0.0 release
    """
    from labelproj.release.diff import diff_datasets

    found = diff_datasets(older, newer)
    if json:
        show_json(found.as_dict())
        return
    if found.same:
        console.print("the same")
        return
    for what, names in (("only in A", found.removed), ("only in B", found.added)):
        if names:
            console.print(f"{what}: {', '.join(names)}", markup=False)
    splits = [
        (f"{config}/{name}", split)
        for config, one in found.configs.items()
        for name, split in one.splits.items()
    ]
    columns: tuple[str, ...] = ("before", "after", "added", "removed", "moved_in")
    rows = [(place, *(getattr(split, column) for column in columns)) for place, split in splits]
    show_table("rows", ("split", "before", "after", "added", "removed", "moved in"), rows)
    columns = ("changed", "text", "labels", "scores", "score_before", "score_after")
    rows = [(place, *(getattr(split, column) for column in columns)) for place, split in splits]
    titles = ("split", "changed", "text", "labels", "scores", "mean score", "after")
    show_table("rows in both", titles, rows)
    labels = [
        (config, label, before, after, after - before)
        for config, one in found.configs.items()
        for label, (before, after) in one.labels.items()
    ]
    show_table("spans", ("config", "label", "before", "after", "change"), labels)
    for one in found.configs.values():
        for what, ids in one.examples.items():
            console.print(f"{what}, for example: {', '.join(ids)}", markup=False)
