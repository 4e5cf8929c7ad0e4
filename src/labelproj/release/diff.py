"""``labelproj diff``: what is different between two versions of a dataset, by hash joins on ids.

Rows are joined lazily with polars on (config, id), and only digests of their columns meet, so
memory is that of some numbers a row, whatever the texts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from labelproj.errors import MissingInputError, StorageError

__all__ = ["ConfigDiff", "DatasetDiff", "SplitDiff", "diff_datasets"]

#: Columns that say how a row was made, and may change with nothing else changing.
_HOW = frozenset({"signature", "complete", "status", "mt_model", "mt_score", "source_lang"})
_SCORES = ("score", "method", "id")
_EXAMPLES = 10
_SLIM = "-slim"


@dataclass(slots=True)
class SplitDiff:
    """One split: rows of the older and the newer version, and how they differ.

    ``moved_in`` were in another split before. Of the rows that stayed, ``changed`` have another
    text, labels or scores; ``text``, ``labels`` and ``scores`` count each (a row may be in
    several). ``score_before`` and ``score_after`` are mean scores of the spans of rows that
    stayed (None where there are none).
    """

    before: int = 0
    after: int = 0
    added: int = 0
    removed: int = 0
    moved_in: int = 0
    changed: int = 0
    text: int = 0
    labels: int = 0
    scores: int = 0
    score_before: float | None = None
    score_after: float | None = None

    @property
    def same(self) -> bool:
        """Whether nothing is different."""
        return not (self.added or self.removed or self.moved_in or self.changed)


@dataclass(slots=True)
class ConfigDiff:
    """One config: its splits, the spans of each label before and after, and some ids."""

    splits: dict[str, SplitDiff] = field(default_factory=dict)
    labels: dict[str, tuple[int, int]] = field(default_factory=dict)
    examples: dict[str, list[str]] = field(default_factory=dict)


@dataclass(slots=True)
class DatasetDiff:
    """All configs of two versions; ``added`` and ``removed`` are those of one version only."""

    configs: dict[str, ConfigDiff] = field(default_factory=dict)
    added: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)

    @property
    def same(self) -> bool:
        """Whether nothing is different."""
        splits = (split for config in self.configs.values() for split in config.splits.values())
        return not self.added and not self.removed and all(split.same for split in splits)

    def as_dict(self) -> dict[str, Any]:
        """Return the whole as JSON values."""
        return {"same": self.same, **asdict(self)}


def diff_datasets(older: Path, newer: Path) -> DatasetDiff:
    """Compare two folders that have ``data/<config>/<split>-*.parquet``: releases or datasets.

    Slim configs are left out where the whole one is there. Raises MissingInputError where a
    folder has no such files and StorageError where one cannot be read.
    """
    before, after = _configs(older), _configs(newer)
    result = DatasetDiff(
        added=sorted(after.keys() - before.keys()), removed=sorted(before.keys() - after.keys())
    )
    for config in sorted(before.keys() & after.keys()):
        try:
            result.configs[config] = _config_diff(before[config], after[config])
        except (pl.exceptions.PolarsError, OSError) as error:
            raise StorageError(
                f"cannot be compared: {str(error).splitlines()[0]}",
                where=f"{older} and {newer}, config {config}",
                remedy="`labelproj release check` says whether a release is whole",
            ) from error
    return result


def _configs(folder: Path) -> dict[str, dict[str, list[Path]]]:
    """Return the files of each config and split."""
    found: dict[str, dict[str, list[Path]]] = {}
    for path in sorted((folder / "data").glob("*/*.parquet")):
        split = path.name.rsplit("-of-", 1)[0].rsplit("-", 1)[0]
        found.setdefault(path.parent.name, {}).setdefault(split, []).append(path)
    if not found:
        raise MissingInputError(
            "no dataset in it: there is no data/CONFIG/SPLIT-*.parquet",
            where=str(folder),
            remedy="give the folder of a release or of a built dataset",
        )
    return {
        name: splits
        for name, splits in found.items()
        if not (name.endswith(_SLIM) and name.removesuffix(_SLIM) in found)
    }


def _config_diff(before: Mapping[str, list[Path]], after: Mapping[str, list[Path]]) -> ConfigDiff:
    common = set(_schema(before)) & set(_schema(after))
    old, new = _digests(before, common), _digests(after, common)
    joined = old.join(new, on="id", how="full", coalesce=True, suffix="_after").with_columns(
        added=pl.col("split").is_null(),
        removed=pl.col("split_after").is_null(),
        moved=pl.col("split") != pl.col("split_after"),
        **{
            f"{name}_changed": pl.col(name) != pl.col(f"{name}_after")
            for name in ("text", "labels", "scores")
        },
    )
    changed = pl.any_horizontal("text_changed", "labels_changed", "scores_changed")
    joined = joined.with_columns(
        pl.col("moved", "text_changed", "labels_changed", "scores_changed").fill_null(False),
        changed=changed.fill_null(False),
    )
    stays = ~pl.col("added") & ~pl.col("removed")
    counts = (
        joined.group_by(pl.coalesce("split_after", "split").alias("place"))
        .agg(
            pl.col("added").sum(),
            pl.col("removed").sum(),
            pl.col("moved").sum().alias("moved_in"),
            pl.col("changed").sum(),
            pl.col("text_changed").sum().alias("text"),
            pl.col("labels_changed").sum().alias("labels"),
            pl.col("scores_changed").sum().alias("scores"),
            (~pl.col("removed")).sum().alias("after"),
            pl.col("score_mean").filter(stays).mean().alias("score_before"),
            pl.col("score_mean_after").filter(stays).mean().alias("score_after"),
        )
        .collect(engine="streaming")
    )
    found = ConfigDiff()
    for split in dict.fromkeys([*before, *after]):
        found.splits[split] = SplitDiff(before=_count(before.get(split, ())))
    for row in counts.iter_rows(named=True):
        split = row.pop("place")
        for name, value in row.items():
            setattr(found.splits[split], name, value)
    for what in ("added", "removed", "moved", "changed"):
        ids = joined.filter(pl.col(what)).select("id").sort("id").head(_EXAMPLES)
        if names := ids.collect(engine="streaming")["id"].to_list():
            found.examples[what] = names
    one, two = _label_counts(before), _label_counts(after)
    found.labels = {x: (one.get(x, 0), two.get(x, 0)) for x in sorted(one.keys() | two.keys())}
    return found


def _schema(splits: Mapping[str, Sequence[Path]]) -> pl.Schema:
    first = next(iter(splits.values()))[0]
    return pl.scan_parquet(first).collect_schema()


def _digests(splits: Mapping[str, Sequence[Path]], columns: set[str]) -> pl.LazyFrame:
    """Return a row an id: its split, digests of text, labels and scores, and its mean score."""
    schema = _schema(splits)
    text, labels, scores = [pl.lit(0)], [pl.lit(0)], [pl.lit(0)]
    mean = pl.lit(None, dtype=pl.Float64)
    for name, dtype in sorted(schema.items()):
        if name == "id" or name in _HOW or name not in columns:
            continue
        inner = dtype.inner if isinstance(dtype, pl.List) else None
        if isinstance(inner, pl.Struct):
            fields = [one.name for one in inner.fields]
            places = [pl.element().struct.field(one) for one in fields if one not in _SCORES]
            labels.append(pl.col(name).list.eval(pl.struct(places)))
            if "score" in fields:
                values = pl.col(name).list.eval(pl.element().struct.field("score"))
                scores.append(values.list.eval(pl.element().round(6)))
                mean = values.list.mean()
        elif dtype == pl.String or inner == pl.String:
            text.append(pl.col(name))
        else:
            labels.append(pl.col(name))
    return pl.concat(
        pl.scan_parquet(list(paths)).select(
            "id",
            split=pl.lit(split),
            text=pl.struct(_named(text)).hash(),
            labels=pl.struct(_named(labels)).hash(),
            scores=pl.struct(_named(scores)).hash(),
            score_mean=mean,
        )
        for split, paths in splits.items()
    )


def _named(values: Sequence[pl.Expr]) -> list[pl.Expr]:
    return [value.alias(f"c{number}") for number, value in enumerate(values)]


def _count(paths: Sequence[Path]) -> int:
    if not paths:
        return 0
    return int(pl.scan_parquet(list(paths)).select(pl.len()).collect().item())


def _label_counts(splits: Mapping[str, Sequence[Path]]) -> dict[str, int]:
    if "spans" not in _schema(splits):
        return {}
    paths = [path for of_split in splits.values() for path in of_split]
    counts = (
        pl.scan_parquet(paths)
        .select(pl.col("spans").list.eval(pl.element().struct.field("label")).alias("label"))
        .explode("label", empty_as_null=False, keep_nulls=False)
        .group_by("label")
        .len()
        .collect(engine="streaming")
    )
    return dict(counts.iter_rows())
