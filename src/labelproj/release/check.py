"""``labelproj release check``: is the folder what it says, fit to be published, without leaks?"""

import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from labelproj.config import BuildParams
from labelproj.errors import DependencyError
from labelproj.provenance import file_digest
from labelproj.release.folder import (
    CARD,
    CHANGELOG,
    FACTS,
    content_digest,
    read_facts,
    release_files,
)
from labelproj.release.forbidden import Forbidden
from labelproj.release.leaks import LeakFinder
from labelproj.release.rows import row_findings

__all__ = ["Finding", "check_release", "shortened"]

#: (where, what is wrong).
Finding = tuple[str, str]
_FIELDS = {
    "dataset": (
        *("language", "license", "pretty_name", "annotations_creators", "multilinguality"),
        *("source_datasets", "size_categories", "task_categories", "configs", "dataset_info"),
    ),
    "model": ("language", "license", "library_name", "pipeline_tag"),
}
_SECTIONS = {
    "dataset": (
        *("Contents", "How to load", "How it was made", "What was rejected", "Splits", "Scores"),
        *("Known limits", "Licence", "Citation"),
    ),
    "model": ("How to use", "How it was made", "Scores", "Known limits", "Licence", "Citation"),
}
_EMPTY: tuple[object, ...] = (None, "", [], {}, "unknown", ["unknown"])


def check_release(
    folder: Path,
    *,
    forbidden: Forbidden | None = None,
    near_duplicates: float | None = None,
) -> list[Finding]:
    """Check a release; return all findings, none where it is good.

    ``near_duplicates`` is the similarity from which texts in two splits are a leak (default: that
    of the build). Checked are: files against their digests; the card (fields, sections, licence);
    forbidden strings in all text; and for a dataset, with ``datasets.load_dataset``: features,
    counts, labels of all splits, every row (see :func:`row_findings`) and leaks between splits.
    Raises MissingInputError or StorageError where it is no release, DependencyError.
    """
    facts = read_facts(folder)
    look = forbidden or Forbidden()
    findings = [*_files(folder, facts), *_card(folder, facts), *_texts(folder, look)]
    if facts["kind"] == "dataset":
        threshold = (
            facts["params"]["near_duplicates"] if near_duplicates is None else near_duplicates
        )
        findings += _dataset(folder, facts, look, threshold=threshold)
    else:
        from labelproj.release.models import model_findings

        findings += model_findings(folder, facts)
    return findings


def _files(folder: Path, facts: Mapping[str, Any]) -> Iterator[Finding]:
    listed = dict(facts["files"])
    for name, path in release_files(folder).items():
        if name in (CARD, FACTS):
            continue
        expected = listed.pop(name, None)
        if expected is None:
            yield name, f"is not listed in {FACTS}"
        elif file_digest(path) != expected:
            yield name, "has changed since it was built"
    for name in listed:
        yield name, "is not there"


def _card(folder: Path, facts: Mapping[str, Any]) -> Iterator[Finding]:
    kind = facts["kind"]
    if not (folder / CARD).is_file():
        yield CARD, "is not there"
        return
    text = (folder / CARD).read_text(encoding="utf-8")
    parts = text.split("---\n", 2)
    try:
        head = yaml.safe_load(parts[1]) if len(parts) == 3 and not parts[0] else None
    except yaml.YAMLError:
        head = None
    if not isinstance(head, dict):
        yield CARD, "has no YAML at its head"
        return
    for field in _FIELDS[kind]:
        if head.get(field) in _EMPTY:
            yield CARD, f"field {field!r} is missing or empty"
    for section in _SECTIONS[kind]:
        body = text.split(f"\n## {section}\n", 1)
        if len(body) < 2 or not body[1].split("\n## ", 1)[0].strip():
            yield CARD, f"section {section!r} is missing or empty"
    if f"\n{CHANGELOG}\n" not in text:
        yield CARD, "section 'Changelog' is missing or empty"
    stated = head.get("license_name", head.get("license"))
    if stated != str(facts["licence"]["licence"]).lower().replace(" ", "-"):
        yield CARD, f"its licence {stated!r} is not {facts['licence']['licence']!r} of {FACTS}"
    if f"\nVersion {facts['version']}\n" not in text:
        yield CARD, f"does not say version {facts['version']}"
    if BuildParams().source_name in text:
        yield CARD, "the source corpus has no name: --source-name, or build.source_name"
    if content_digest(facts["files"], text) != facts["content"]:
        yield CARD, "has changed since it was built"


def _texts(folder: Path, look: Forbidden) -> Iterator[Finding]:
    """Look through what is text: the card and JSON; rows are looked at one by one."""
    for name, path in release_files(folder).items():
        if path.suffix not in (".md", ".json", ".txt", ".csv", ".cfg", ".yaml"):
            continue
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        for kind, found in sorted(set(look.find(text))):
            yield name, f"{kind}: {found}"


def _dataset(
    folder: Path, facts: Mapping[str, Any], look: Forbidden, *, threshold: float
) -> list[Finding]:
    try:
        import datasets
    except ImportError as error:
        raise DependencyError(
            "checking a release needs the datasets package", remedy="pip install 'labelproj[data]'"
        ) from error
    findings: list[Finding] = []
    leaks = LeakFinder(threshold)
    with tempfile.TemporaryDirectory(prefix="labelproj-check-") as cache, _quiet(datasets):
        for config, declared in facts["configs"].items():
            loaded, problem = _load(datasets, folder, config, cache)
            if problem:
                findings.append((config, f"load_dataset fails: {problem}"))
            if loaded is None:
                continue
            findings += _splits(config, loaded, declared)
            task = facts["sources"][config.removesuffix("-slim")]
            for split, rows in loaded.items():
                where = f"{config}/{split}"
                findings += _placed(_rows(rows, look), where)
                if not declared["slim"]:
                    languages = (task["source_language"], task["language"])
                    found = leaks.look(rows, config=config, split=split, languages=languages)
                    findings += _placed(found, where)
    return findings


def _load(datasets: Any, folder: Path, config: str, cache: str) -> tuple[Any, str | None]:
    """Load a config as anybody would; where that fails, without its checks, to look further."""
    problem = None
    # A bare name such as "json" would be taken for one of the package's own loaders.
    place = str(folder.resolve())
    for mode in ("basic_checks", "no_checks"):
        try:
            loaded = datasets.load_dataset(
                place, config, cache_dir=f"{cache}/{mode}", verification_mode=mode
            )
        except Exception as error:  # datasets, pyarrow and pandas all raise their own
            said = str(error).strip().splitlines() or [type(error).__name__]
            problem = problem or said[0]
        else:
            return loaded, problem
    return None, problem


@contextmanager
def _quiet(datasets: Any) -> Iterator[None]:
    """Keep ``datasets`` from drawing its own progress bars."""
    disabled = datasets.are_progress_bars_disabled()
    datasets.disable_progress_bars()
    try:
        yield
    finally:
        if not disabled:
            datasets.enable_progress_bars()


def _splits(config: str, loaded: Any, declared: Mapping[str, Any]) -> Iterator[Finding]:
    """Compare what was loaded with what is declared: splits, counts, features, labels."""
    from datasets import Features

    features = Features.from_dict(declared["features"])
    expected = {split: facts["rows"] for split, facts in declared["splits"].items()}
    for split in sorted(set(loaded) ^ set(expected)):
        yield config, f"split {split!r} is " + ("not declared" if split in loaded else "missing")
    for split, rows in loaded.items():
        where = f"{config}/{split}"
        if split in expected and rows.num_rows != expected[split]:
            yield where, f"{rows.num_rows} rows, {expected[split]} declared"
        if rows.features != features:
            wrong = sorted(
                name
                for name in {*rows.features, *features}
                if rows.features.get(name) != features.get(name)
            )
            yield where, f"features are not as declared: {', '.join(wrong)}"
    if all("spans" in rows.features for rows in loaded.values()):
        yield from _labels(config, loaded, _tags(features))


#: So many examples of a label have to be expected before none is more than chance.
_EXPECTED = 5.0


def _labels(config: str, loaded: Any, tags: Sequence[str]) -> Iterator[Finding]:
    """Compare the labels of the splits with those declared and with those of ``train``."""
    counts = {
        split: Counter(span["label"] for spans in rows["spans"] for span in spans)
        for split, rows in loaded.items()
    }
    known = {tag[2:] for tag in tags if tag != "O"}
    train = counts.get("train")
    for split, found in counts.items():
        where = f"{config}/{split}"
        if known and (strange := sorted(set(found) - known)):
            yield where, f"labels that are not declared: {', '.join(strange)}"
        if train is None or split == "train":
            continue
        if untaught := sorted(set(found) & known - set(train)):
            yield where, f"labels that train does not have: {', '.join(untaught)}"
        share = len(loaded[split]) / len(loaded["train"])
        if absent := sorted(x for x in train if not found[x] and train[x] * share > _EXPECTED):
            yield where, f"no example of labels that train has: {', '.join(absent)}"


def _tags(features: Any) -> Sequence[str]:
    feature = getattr(features.get("ner_tags"), "feature", None)
    return list(getattr(feature, "names", ()))


def _rows(rows: Any, look: Forbidden) -> Iterator[Finding]:
    names = _tags(rows.features)
    seen: set[str] = set()
    for row in rows:
        here = f"row {row.get('id')!r}"
        for problem in row_findings(row, tags=names):
            yield here, problem
        if row.get("id") in seen:
            yield here, "its id is there before"
        seen.add(row.get("id"))
        for column, value in row.items():
            if isinstance(value, str):
                for kind, found in look.find(value):
                    yield here, f"{kind} in {column}: {found}"


def shortened(findings: Sequence[Finding], *, most: int = 20) -> list[Finding]:
    """Return the first of each kind of finding in each split, and how many more there are."""
    counts: Counter[tuple[str, str]] = Counter()
    shown: list[Finding] = []
    for where, what in findings:
        kind = (where.split(" ")[0], what.split(":")[0])
        counts[kind] += 1
        if counts[kind] <= most:
            shown.append((where, what))
    more = [
        (where, f"{n - most} more of: {what}") for (where, what), n in counts.items() if n > most
    ]
    return shown + more


def _placed(findings: Iterator[Finding], where: str) -> Iterator[Finding]:
    for here, what in findings:
        yield f"{where} {here}", what
