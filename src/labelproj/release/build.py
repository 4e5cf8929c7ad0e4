"""``labelproj release build``: built datasets -> one versioned folder, ready to be published."""

import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from labelproj.build.splits import SPLITS
from labelproj.build.writer import SplitWriter
from labelproj.config import BuildParams
from labelproj.errors import DependencyError, MissingInputError, UsageError
from labelproj.progress import track
from labelproj.provenance import now, signature, versions
from labelproj.records import Document
from labelproj.release.card import Config, card_text
from labelproj.release.folder import (
    LOCAL,
    check_version,
    replace_release,
    write_card,
    write_facts,
)
from labelproj.release.gold import gold_rows, read_test
from labelproj.release.licences import Decision, decide_licence
from labelproj.release.origin import PROVENANCE, release_features, rows_with_origin
from labelproj.release.sources import Source, find_sources
from labelproj.release.splits import LEFT_OUT, ORDER, TEST, Assignment, assign_splits
from labelproj.shards import read_json, write_manifest

__all__ = ["build_release"]

SLIM = "-slim"
Row = dict[str, Any]


def build_release(
    specs: Sequence[Path],
    *,
    out: Path,
    params: Path,
    version: str,
    name: str | None = None,
    licence: str | None = None,
    source_name: str | None = None,
    source_licence: str | None = None,
    source_url: str | None = None,
    mt_licence: str | None = None,
    tests: Mapping[str, str] | None = None,
    gold_licence: str | None = None,
    near_duplicates: float = 0.7,
    projected_test: float = 0.0,
    authors: Sequence[str] = (),
    url: str | None = None,
    rows_per_file: int = 100_000,
    seed: int = 13,
) -> dict[str, Any]:
    """Build a dataset release into the folder ``out`` and return its facts (``release.json``).

    ``specs`` and ``params`` say what of: see :func:`labelproj.release.sources.find_sources`.
    What is None comes from the datasets' own parameters. ``tests`` maps a config to a file of
    gold test data. ``near_duplicates`` and ``projected_test``: see
    :func:`labelproj.release.splits.assign_splits`. Writes ``data/<config>/<split>-*.parquet``,
    ``README.md``, ``release.json`` and, last, ``manifest.json``; ``out`` appears whole or not at
    all. Reads the rows twice; memory holds their ids and 5-grams. Raises UsageError and
    CheckFailedError (licences, names), InputError, StorageError and DependencyError.
    """
    started = time.monotonic()
    version = check_version(version)
    stated = {"name": name, "source_name": source_name, "source_url": source_url}
    stated |= {"licence": licence, "source_licence": source_licence}
    given = {key: value for key, value in stated.items() if value is not None}
    with tempfile.TemporaryDirectory(prefix="labelproj-release-") as work:
        sources = find_sources(
            specs, params=params, build=BuildParams.model_validate(given), work=Path(work)
        )
        sources = [_stated(source, given) for source in sources]
        decision = _licence(sources, mt_licence=mt_licence, tests=tests, gold_licence=gold_licence)
        names = {source.params.name for source in sources}
        if len(names) > 1:
            raise UsageError(
                f"the datasets have different names: {', '.join(sorted(names))}",
                remedy="state one with --name",
            )
        gold = _tests(sources, tests or {})

        def rows() -> Iterator[tuple[str, str, Row]]:
            for source in sources:
                for split, row in rows_with_origin(source, SPLITS):
                    yield source.config, split, row
                documents, numbers = gold.get(source.config, ((), {}))
                for row in gold_rows(documents, lang=source.tgt, names=numbers):
                    yield source.config, TEST, row

        assignment = assign_splits(
            rows, threshold=near_duplicates, projected_test=projected_test, seed=seed
        )
        with replace_release(out) as partial:
            configs = _write(
                rows(), sources, assignment, folder=partial, rows_per_file=rows_per_file
            )
            left_over = sum(
                int(read_json(s.folder / "manifest.json")["counts"].get("spans_not_in_tags", 0))
                for s in sources
            )
            card = card_text(
                configs,
                sources,
                name=names.pop(),
                version=version,
                licence=decision,
                assignment=assignment,
                threshold=near_duplicates,
                left_over=left_over,
                authors=authors,
                url=url,
            )
            write_card(partial, card)
            shaping = {"near_duplicates": near_duplicates, "projected_test": projected_test}
            facts = write_facts(
                partial,
                _facts(sources, configs, version=version, licence=decision)
                | {"params": shaping | {"seed": seed}, "splits": _counts(assignment)},
            )
            write_manifest(
                partial / LOCAL,
                {
                    "stage": "release",
                    "signature": signature("release", {"content": facts["content"]}),
                    "params": shaping,
                    "versions": versions(),
                    "created": now(),
                    "seconds": round(time.monotonic() - started, 3),
                    "counts": {"documents": len(assignment.splits), **_counts(assignment)},
                },
            )
    return facts


def _stated(source: Source, given: Mapping[str, str]) -> Source:
    return replace(source, params=source.params.model_copy(update=dict(given)))


def _licence(
    sources: Sequence[Source],
    *,
    mt_licence: str | None,
    tests: Mapping[str, str] | None,
    gold_licence: str | None,
) -> Decision:
    """Decide one licence for all datasets together."""
    inputs: dict[str, str | None] = {}
    for source in sources:
        inputs[f"source data ({source.params.source_name})"] = source.params.source_licence
        if source.mt:
            name = source.mt.get("model") or "unnamed"
            inputs[f"translation model ({name})"] = mt_licence or source.mt.get("licence")
        elif mt_licence:
            inputs["translations that came with the source data"] = mt_licence
    if tests:
        inputs["gold test data"] = gold_licence
    asked = {source.params.licence for source in sources if source.params.licence}
    if len(asked) > 1:
        raise UsageError(
            f"the datasets ask for different licences: {', '.join(sorted(asked))}",
            remedy="state one with --licence",
        )
    return decide_licence(inputs, asked=asked.pop() if asked else None)


def _tests(
    sources: Sequence[Source], tests: Mapping[str, str]
) -> dict[str, tuple[Sequence[Document], dict[str, int]]]:
    known = {source.config: source for source in sources}
    found: dict[str, tuple[Sequence[Document], dict[str, int]]] = {}
    for config, spec in tests.items():
        if config not in known:
            raise UsageError(
                f"there is no config {config!r} to test", remedy=f"one of {', '.join(known)}"
            )
        labels = read_json(known[config].folder / "labels.json")
        documents = read_test(spec, known[config], labels=labels["labels"])
        numbers = {tag: number for number, tag in enumerate(labels["ner_tags"])}
        found[config] = (documents, numbers)
    return found


def _write(
    rows: Iterable[tuple[str, str, Row]],
    sources: Sequence[Source],
    assignment: Assignment,
    *,
    folder: Path,
    rows_per_file: int,
) -> list[Config]:
    """Write all rows twice, whole and slim; return the configs."""
    features = {source.config: _built_features(source) for source in sources}
    spans: dict[str, Counter[str]] = {}
    with ExitStack() as stack:
        writers: dict[tuple[str, str], SplitWriter] = {}
        for (config, split), total in sorted(
            assignment.rows.items(), key=lambda item: (item[0][0], ORDER.index(item[0][1]))
        ):
            for slim in (False, True):
                called = config + SLIM if slim else config
                schema = release_features(features[config], slim=slim).arrow_schema
                writers[called, split] = stack.enter_context(
                    SplitWriter(folder / "data" / called, split, schema, total, rows_per_file)
                )
        progress = stack.enter_context(track("release", sum(assignment.rows.values())))
        for config, _, row in rows:
            split = assignment.splits[row["source_id"]]
            if split == LEFT_OUT:
                continue
            count = spans.setdefault(f"{config}/{split}", Counter())
            count.update(span["label"] for span in row.get("spans") or ())
            writers[config, split].write(row)
            slimmed = {name: value for name, value in row.items() if name not in PROVENANCE}
            writers[config + SLIM, split].write(slimmed)
            progress.advance(1)
    configs = []
    for config, built in features.items():
        for slim in (False, True):
            called = config + SLIM if slim else config
            splits = {
                split: {
                    "rows": writers[called, split].rows,
                    "bytes": writers[called, split].bytes,
                    "spans": dict(sorted(spans[f"{config}/{split}"].items())),
                }
                for split in ORDER
                if (called, split) in writers
            }
            if splits:
                configs.append(Config(called, release_features(built, slim=slim), splits, slim))
    return configs


def _built_features(source: Source) -> Any:
    """Return the ``datasets.Features`` that the build stage wrote into its files."""
    try:
        from datasets import Features
    except ImportError as error:
        raise DependencyError(
            "building a release needs the datasets package", remedy="pip install 'labelproj[data]'"
        ) from error
    for split in SPLITS:
        for path in source.files(split):
            return Features.from_arrow_schema(pq.read_schema(path))
    raise MissingInputError(
        "there is no row in the dataset",
        where=str(source.folder),
        remedy="run the build stage again",
    )


def _facts(
    sources: Sequence[Source], configs: Sequence[Config], *, version: str, licence: Decision
) -> dict[str, Any]:
    return {
        "kind": "dataset",
        "format": 1,
        "name": sources[0].params.name,
        "version": version,
        "licence": {
            "licence": licence.licence,
            "strictest": licence.strictest,
            "compared": licence.compared,
            "inputs": dict(licence.inputs),
        },
        "configs": {
            config.name: {
                "slim": config.slim,
                "features": config.features.to_dict(),
                "splits": config.splits,
            }
            for config in configs
        },
        "sources": {
            source.config: {
                "task": source.task,
                "source_language": source.src,
                "language": source.tgt,
                "source": source.params.source_name,
                "signature": source.signature,
                "mt": source.mt,
                "params": source.stages,
                "attrition": source.attrition,
                "metrics": source.metrics,
            }
            for source in sources
        },
    }


def _counts(assignment: Assignment) -> dict[str, int]:
    return {
        "groups": assignment.groups,
        "joined": assignment.joined,
        "moved": assignment.moved,
        "left_out": assignment.left_out,
    }
