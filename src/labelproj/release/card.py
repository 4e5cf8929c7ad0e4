"""The card of a dataset release: YAML for the Hub, then text for people, from ``card.md.j2``."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import regex

from labelproj._version import __version__
from labelproj.build.hub_card import MT_KEYS, HubConfig, hub_card_data
from labelproj.build.markdown import table_text
from labelproj.languages import language_name
from labelproj.release.licences import Decision, find_licence
from labelproj.release.sources import Source
from labelproj.release.splits import PROJECTED_TEST, Assignment
from labelproj.tasks import task_named

__all__ = ["Config", "card_text", "licence_fields", "licence_text", "score_lines"]

_TEMPLATE = Path(__file__).with_name("card.md.j2")
_COLUMNS = {
    "id": "id of the row",
    "text": "the translation",
    "tokens": "its words",
    "ner_tags": "a tag for each word, IOB2",
    "spans": "every label with its place in `text`, its score (0 to 1) and its method",
    "events": "events with their triggers and arguments, each with its parts in `text`",
    "title": "title of the article",
    "context": "the text that is asked about",
    "question": "the question",
    "answers": "the answers and where they begin in `context`",
    "is_impossible": "whether there is no answer in the context",
    "tier": "how sure the answers are, from A",
    "context_lang": "language of the context",
    "question_lang": "language of the question",
    "document_id": "id of the source document",
    "score": "score of the answers (0 to 1)",
    "source_id": "id of the source document; the same in all languages",
    "complete": "false where some sentences of the source document were rejected",
    "status": "`reviewed` by people, `partly reviewed`, or `machine`",
    "signature": "what made the row: parameters, models and versions, as a digest",
    "source_lang": "language of the source text",
    "source_text": "the source text that was translated",
    "source_spans": "the labels of the source, with their places in `source_text`",
    "mt_model": "the translation model and its revision (`given`: came with the source)",
    "mt_score": "mean log-probability of the translation, by token",
}


@dataclass(frozen=True, slots=True)
class Config:
    """One config of a release: its features and, for each split, rows, bytes and spans."""

    name: str
    features: Any
    splits: Mapping[str, Mapping[str, Any]]
    slim: bool


def card_text(
    configs: Sequence[Config],
    sources: Sequence[Source],
    *,
    name: str,
    version: str,
    licence: Decision,
    assignment: Assignment,
    threshold: float,
    left_over: int,
    authors: Sequence[str] = (),
    url: str | None = None,
) -> str:
    """Return the README.md of a release. The same facts give the same text.

    Raises DependencyError without ``datasets``.
    """
    whole = [config for config in configs if not config.slim]
    rows = sum(split["rows"] for config in whole for split in config.splits.values())
    tasks = sorted({source.task for source in sources})
    languages = [*sorted({s.tgt for s in sources}), *sorted({s.src for s in sources})]
    fields: dict[str, Any] = dict(licence_fields(licence))
    data = hub_card_data(
        {
            config.name: HubConfig(
                config.features,
                {name: (facts["bytes"], facts["rows"]) for name, facts in config.splits.items()},
            )
            for config in [whole[0], *(config for config in configs if config is not whole[0])]
        },
        rows=rows,
        language=languages,
        pretty_name=name,
        source_datasets=sorted({_source_dataset(source) for source in sources}),
        task_categories=sorted({task_named(task).category for task in tasks}),
        task_ids=sorted({name for task in tasks for name in task_named(task).ids}),
        **fields,
    )
    from huggingface_hub import DatasetCard

    present = dict.fromkeys(column for config in whole for column in config.features)
    card = DatasetCard.from_template(
        data,
        template_path=str(_TEMPLATE),
        name=name,
        version=version,
        targets=_listed([language_name(code) for code in sorted({s.tgt for s in sources})]),
        tasks=_listed([f"`{task}`" for task in tasks]),
        source_language=_listed([language_name(c) for c in sorted({s.src for s in sources})]),
        contents=_contents(configs),
        columns=[(column, _COLUMNS.get(column, "of the task")) for column in present],
        left_over=left_over,
        load_name=url.rstrip("/").split("/datasets/")[-1] if url else "path/to/this/folder",
        first_config=whole[0].name,
        made="\n\n".join(_made(source) for source in sources),
        attrition="\n\n".join(_attrition(source) for source in sources),
        splits=_splits_text(assignment, threshold),
        scores="\n\n".join(_scores(source) for source in sources),
        projected_test=any(PROJECTED_TEST in config.splits for config in configs),
        checked=_checked(sources),
        human_test=any("test" in config.splits for config in configs),
        licence_text=licence_text(licence, what="dataset"),
        key=regex.sub(r"\W+", "_", name.lower()).strip("_") or "dataset",
        authors=" and ".join(authors),
        url=url,
        tool=__version__,
        source_names=_listed(sorted({source.params.source_name for source in sources})),
    )
    return str(regex.sub(r"\n{3,}", "\n\n", str(card))).rstrip("\n") + "\n"


def _checked(sources: Sequence[Source]) -> str:
    """Say of how many projected rows people have seen the text, by what their status says."""
    seen: Counter[str] = Counter()
    for source in sources:
        for file in sorted((source.folder / "data" / source.config).glob("*.parquet")):
            if "status" in pq.read_schema(file).names:
                seen.update(pq.read_table(file, columns=["status"])["status"].to_pylist())
    if not seen["reviewed"] + seen["partly reviewed"]:
        return "No person has checked the projected labels or the translations."
    return (
        f"Of {seen.total()} projected rows, people have checked {seen['reviewed']} whole and "
        f"{seen['partly reviewed']} in part (column `status`); nobody has checked the rest."
    )


def licence_fields(licence: Decision) -> dict[str, str]:
    """Return the licence as the Hub's YAML has it; what it does not know is ``other``."""
    known = find_licence(licence.licence)
    if known:
        return {"license": known.id}
    return {"license": "other", "license_name": regex.sub(r"\s+", "-", licence.licence.lower())}


def licence_text(licence: Decision, *, what: str) -> str:
    """Say which licence it is, and which licences led to it."""
    known = find_licence(licence.licence)
    name = known.spdx if known else licence.licence
    rows = [(part, text) for part, text in licence.inputs.items()]
    if licence.compared:
        why = f"The strictest licence that its inputs lead to is {_spdx(licence.strictest)}."
    else:
        why = "Not all of these licences could be compared: it was stated by who released this."
    return (
        f"This {what} is under {name}.\n\n"
        + table_text(("input", "licence"), rows)
        + f"\n\n{why} This is no legal advice."
    )


def _spdx(identifier: str | None) -> str:
    known = find_licence(identifier)
    return known.spdx if known else str(identifier)


def _listed(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1]


def _source_dataset(source: Source) -> str:
    url = source.params.source_url or ""
    if "huggingface.co/datasets/" in url:
        return url.split("huggingface.co/datasets/")[1].strip("/")
    slug = regex.sub(r"[^\w.]+", "-", source.params.source_name.lower()).strip("-")
    return f"extended|other-{slug}"


def _contents(configs: Sequence[Config]) -> str:
    whole = [config for config in configs if not config.slim]
    rows = [
        (config.name, split, facts["rows"], sum(facts["spans"].values()))
        for config in whole
        for split, facts in config.splits.items()
    ]
    parts = [table_text(("config", "split", "rows", "spans"), rows)]
    for config in whole:
        spans: Counter[str] = Counter()
        for facts in config.splits.values():
            spans.update(facts["spans"])
        if spans:
            listed = ", ".join(f"{label} {count}" for label, count in sorted(spans.items()))
            parts.append(f"Spans of `{config.name}` by label: {listed}.")
    return "\n\n".join(parts)


def _made(source: Source) -> str:
    params = source.params
    rows: list[tuple[str, object]] = [
        ("source data", params.source_name),
        ("licence of the source data", params.source_licence or "stated for the release"),
    ]
    if params.source_url:
        rows.append(("address of the source data", params.source_url))
    if source.mt:
        rows += [(f"MT {key}", source.mt[key]) for key in MT_KEYS if source.mt.get(key)]
    else:
        rows.append(("translation", "came with the source data"))
    for stage, values in source.stages.items():
        if flat := _flat(values):
            rows.append((f"parameters: {stage}", flat))
    rows += [("made with", f"labelproj {__version__}"), ("signature", f"`{source.signature}`")]
    title = f"`{source.config}`: {language_name(source.src)} to {language_name(source.tgt)}"
    return f"{title}\n\n{table_text(('what', 'value'), rows)}"


def _flat(values: Mapping[str, Any], prefix: str = "") -> str:
    parts = []
    for name, value in sorted(values.items()):
        if isinstance(value, Mapping):
            parts.append(_flat(value, f"{prefix}{name}."))
        elif value not in (None, [], {}, "", False):
            shown = ", ".join(map(str, value)) if isinstance(value, list) else value
            parts.append(f"{prefix}{name} {shown}")
    return "; ".join(part for part in parts if part)


def _attrition(source: Source) -> str:
    counts = source.attrition
    rows = [
        (name, count["rejected"], count["only"])
        for name, count in counts.get("by_filter", {}).items()
    ]
    return (
        f"`{source.config}`: of {counts.get('in', 0)} sentences, {counts.get('kept', 0)} were kept "
        f"and {counts.get('rejected', 0)} rejected.\n\n"
        + table_text(("filter", "rejects", "rejects alone"), rows)
    )


def _splits_text(assignment: Assignment, threshold: float) -> str:
    like = (
        f"nearly the same text (Jaccard similarity of character 5-grams of at least {threshold:g})"
        if threshold < 1.0
        else "the same text"
    )
    return (
        "Documents with the same source, the same text or "
        f"{like}, in any language, stand in one split. There are {assignment.groups} groups of "
        f"documents; {assignment.joined} documents share theirs with another, and "
        f"{assignment.moved} changed their split for it."
        + (
            f" {assignment.left_out} documents are left out: their text is in the test data."
            if assignment.left_out
            else ""
        )
    )


def _scores(source: Source) -> str:
    metrics = source.metrics
    if not metrics.get("systems"):
        return f"`{source.config}`: not measured."
    parts = [
        f"`{source.config}`: models trained on this dataset (`projected`) and on other data, in "
        "percent, on gold data in the target language, with bootstrap intervals:",
        table_text(
            ("system", "F1", "from", "to", "precision", "recall"), score_lines(metrics["systems"])
        ),
    ]
    if projection := metrics.get("projection"):
        exact, overlap = projection.get("exact", {}), projection.get("overlap", {})
        parts.append(
            "The projection itself, on gold parallel text: exact span F1 "
            f"{exact.get('f1', 0):.1f} (precision {exact.get('precision', 0):.1f}, recall "
            f"{exact.get('recall', 0):.1f}), overlap F1 {overlap.get('f1', 0):.1f}, on "
            f"{projection.get('support', 0)} spans."
        )
    return "\n\n".join(parts)


def score_lines(systems: Mapping[str, Mapping[str, Any]]) -> list[tuple[object, ...]]:
    """Return a row for each system: name, F1, its interval, precision, recall."""
    keys = ("f1", "f1_low", "f1_high", "precision", "recall")
    return [
        (name, *(f"{score[key]:.1f}" if key in score else "" for key in keys))
        for name, score in systems.items()
    ]
