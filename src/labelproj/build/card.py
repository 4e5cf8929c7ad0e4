"""The dataset card: what is in the folder, what made it, and what it is not good for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from labelproj._version import __version__
from labelproj.build.hub_card import MT_KEYS, HubConfig, hub_card_data
from labelproj.build.markdown import table_text as _table
from labelproj.config import BuildParams
from labelproj.languages import language_name
from labelproj.review.apply import Applied

__all__ = ["CardFacts", "SplitFacts", "card_text"]


@dataclass(frozen=True, slots=True)
class SplitFacts:
    """What is in one split: rows, bytes as ``datasets`` counts them, what the task counts."""

    name: str
    rows: int
    bytes: int
    counted: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class CardFacts:
    """All that the card says and the parameters do not.

    ``title``, ``category``, ``task_ids`` and ``about`` (the columns, in words) are the task's;
    ``items`` has, for each kind of thing that it may drop, how many there were and are gone.
    """

    config: str
    task: str
    title: str
    category: str
    task_ids: Sequence[str]
    about: str
    src: str
    tgt: str
    splits: Sequence[SplitFacts]
    documents: Mapping[str, int]
    mt: Mapping[str, object]
    methods: Sequence[str]
    attrition: Mapping[str, Any]
    metrics: Mapping[str, Any]
    signature: str
    items: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    reviewed: Applied | None = None


def card_text(features: Any, *, facts: CardFacts, params: BuildParams) -> str:
    """Return the README.md of a dataset folder: YAML for the Hub, then text for people.

    ``features`` are the ``datasets.Features`` of all splits. The same facts give the same
    text. Raises DependencyError without ``datasets``.
    """
    splits = {split.name: (split.bytes, split.rows) for split in facts.splits}
    data = hub_card_data(
        {facts.config: HubConfig(features, splits)},
        rows=sum(split.rows for split in facts.splits),
        language=[facts.tgt],
        license=params.licence or "unknown",
        pretty_name=params.name,
        task_categories=[facts.category],
        task_ids=list(facts.task_ids),
    )
    body = "\n\n".join(_sections(facts, params))
    from huggingface_hub import DatasetCard

    return str(DatasetCard(f"---\n{data.to_yaml()}\n---\n\n{body}\n"))


def _sections(facts: CardFacts, params: BuildParams) -> list[str]:
    source, target = language_name(facts.src), language_name(facts.tgt)
    return [
        f"# {params.name}",
        f"{target} data for the task `{facts.task}` ({facts.title}), made by machine from "
        f"labelled {source} text: the text was translated and the labels were projected onto the "
        "translation. "
        f"{_seen(facts.reviewed)}",
        "## Contents",
        _contents(facts),
        facts.about,
        "## How to load",
        "```python\nfrom datasets import load_dataset\n\n"
        f'dataset = load_dataset("path/to/this/folder", "{facts.config}")\n```',
        "## Where it comes from",
        _table(("what", "value"), _origin(facts, params)),
        "The licence of this dataset depends on the licences of the source data and of the "
        "translation model.",
        "## What was rejected",
        _attrition(facts),
        "## Scores",
        _scores(facts.metrics),
        "## Known limits",
        "- The text is machine translation: it can be wrong, stilted or not idiomatic, and it "
        "keeps the topics, places and names of the source.\n"
        "- A label can be on the wrong words, or cover too many or too few.\n"
        "- What the filters reject is not a random part of the source, so the distribution of "
        "labels and lengths differs from it.\n"
        "- It is for training. Measure systems on data that people labelled.",
    ]


def _seen(reviewed: Applied | None) -> str:
    if reviewed is None or not reviewed.used:
        return "No person has checked the translations or the labels."
    return (
        f"People have checked {reviewed.used} sentences: {reviewed.accept} were left as they were, "
        f"{reviewed.edit} corrected and {reviewed.reject} rejected. The rest nobody has checked."
    )


def _contents(facts: CardFacts) -> str:
    names = sorted({name for split in facts.splits for name in split.counted})
    rows = [
        (split.name, split.rows, *(split.counted.get(name, 0) for name in names))
        for split in facts.splits
    ]
    return _table(("split", "rows", *names), rows)


def _origin(facts: CardFacts, params: BuildParams) -> list[tuple[str, object]]:
    rows: list[tuple[str, object]] = [
        ("source data", params.source_name),
        ("licence of the source data", params.source_licence or "not given"),
    ]
    if params.source_url:
        rows.append(("address of the source data", params.source_url))
    if facts.mt:
        rows += [(f"MT {key}", facts.mt[key]) for key in MT_KEYS if facts.mt.get(key)]
        if not facts.mt.get("licence"):
            rows.append(("MT licence", "not given"))
    else:
        rows.append(("translation", "came with the source data"))
    return [
        *rows,
        ("projection", ", ".join(facts.methods) or "no spans"),
        ("made with", f"labelproj {__version__}"),
        ("signature", f"`{facts.signature}`"),
    ]


def _attrition(facts: CardFacts) -> str:
    counts = facts.attrition
    thresholds = counts.get("thresholds", {})
    rows: list[tuple[object, ...]] = [
        (name, _threshold(thresholds, name), count["rejected"], count["only"])
        for name, count in counts.get("by_filter", {}).items()
        if count["rejected"] or thresholds.get(name, True) not in (None, False)
    ]
    documents = facts.documents
    return (
        f"Of {counts.get('in', 0)} sentences, {counts.get('kept', 0)} were kept and "
        f"{counts.get('rejected', 0)} rejected. Of {documents['in']} documents, "
        f"{documents['kept']} have at least one kept sentence and {documents['complete']} are "
        f"complete.{_dropped(facts)}\n\n"
        + _table(("filter", "threshold", "rejects", "rejects alone"), rows)
        + f"\n\n{_calibrated(counts)}"
    )


def _calibrated(counts: Mapping[str, Any]) -> str:
    """Say where the thresholds come from, and what the combiner learnt from."""
    where = counts.get("calibrated")
    text = f"Thresholds were calibrated {where}." if where else "Thresholds were not calibrated."
    combiner = counts.get("combiner")
    if combiner:
        text += f" Signals were combined by a model learnt from: {combiner['learnt_from']}."
    return text


def _dropped(facts: CardFacts) -> str:
    """Say what was dropped from documents that were kept; `dropped.parquet` has the reasons."""
    said = [
        f"{count['dropped']} of {count['in']} {kind}s"
        for kind, count in facts.items.items()
        if count["in"]
    ]
    return f" Of what was in kept documents, {' and '.join(said)} were dropped." if said else ""


def _threshold(thresholds: Mapping[str, object], name: str) -> str:
    if name not in thresholds:
        return "always on"
    value = thresholds[name]
    return "off" if value is None or value is False else "on" if value is True else str(value)


def _scores(metrics: Mapping[str, Any]) -> str:
    systems = metrics.get("systems") or {}
    if not systems:
        return "Not measured."
    rows = [
        (name, *(f"{score[key]:.1f}" if key in score else "" for key in _SCORES))
        for name, score in systems.items()
    ]
    return (
        "Models trained on this dataset (`projected`) and on other data, in percent, on gold "
        "data in the target language:\n\n"
        + _table(("system", "F1", "from", "to", "precision", "recall"), rows)
    )


_SCORES = ("f1", "f1_low", "f1_high", "precision", "recall")
