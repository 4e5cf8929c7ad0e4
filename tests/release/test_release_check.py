"""The check finds every planted defect and leak, and nothing in a good release."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from labelproj.errors import MissingInputError, StorageError, UsageError
from labelproj.provenance import file_digest
from labelproj.release.build import build_release
from labelproj.release.check import check_release, shortened
from labelproj.release.folder import write_facts
from labelproj.release.forbidden import Forbidden
from labelproj.release.rows import row_findings, token_offsets
from releases import make_project, rewrite, stories

TRAIN = "data/ner-ha/train-00000-of-00001.parquet"
VALIDATION = "data/ner-ha/validation-00000-of-00001.parquet"
Rows = list[dict[str, Any]]


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    import datasets

    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("good")
    params = make_project(root, stories(40), validation_share=0.3)
    build_release((), out=root / "release", params=params, version="1.0.0")
    return root / "release"


@pytest.fixture
def release(good: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(good, tmp_path / "release"))


def relist(release: Path) -> None:
    """Take the digests anew: the defect was there when the release was built."""
    facts = json.loads((release / "release.json").read_text(encoding="utf-8"))
    write_facts(release, {k: v for k, v in facts.items() if k not in ("files", "content")})


def found(release: Path, **options: Any) -> str:
    return "\n".join(f"{where}: {what}" for where, what in check_release(release, **options))


def test_a_good_release_has_no_findings(good: Path) -> None:
    assert check_release(good) == []


def test_a_folder_may_be_called_like_a_loader(
    good: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(good, tmp_path / "json")
    monkeypatch.chdir(tmp_path)
    assert check_release(Path("json")) == []


def _copy_row(release: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Put a changed copy of the first training row into validation."""
    import pyarrow.parquet as pq

    row = pq.read_table(release / TRAIN).to_pylist()[0]
    row["id"] = "planted"
    change(row)
    rewrite(release / VALIDATION, lambda rows: rows.append(row))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda row: None, "source document"),
        (lambda row: row.update(source_id="planted"), "its text is the same as that of"),
        (
            lambda row: row.update(source_id="planted", text=row["text"].upper() + "!!"),
            "its text is the same as that of",
        ),
        (
            lambda row: row.update(source_id="planted", text="Wani abu ne.", source_lang="en"),
            "its source_text is the same as that of",
        ),
        (
            lambda row: row.update(
                source_id="planted", source_text="Else.", text=row["text"].replace(".", " jiya.")
            ),
            "like that of",
        ),
    ],
)
def test_planted_leaks_are_found(
    release: Path, change: Callable[[dict[str, Any]], None], said: str
) -> None:
    _copy_row(release, change)
    relist(release)
    text = found(release)
    assert "ner-ha/validation row 'planted'" in text
    assert said in text


def outer_space(rows: Rows) -> None:
    rows[0]["spans"][0]["end"] += 1


def outside(rows: Rows) -> None:
    rows[0]["spans"][0]["end"] += 1000


def broken_tags(rows: Rows) -> None:
    rows[0]["ner_tags"][-1] = 2  # I-LOC after O


def other_tags(rows: Rows) -> None:
    rows[0]["ner_tags"] = [0] * len(rows[0]["ner_tags"])


def no_tag(rows: Rows) -> None:
    rows[0]["ner_tags"] = rows[0]["ner_tags"][:-1]


def other_tokens(rows: Rows) -> None:
    rows[0]["tokens"][0] = "somethingelse"


def high_score(rows: Rows) -> None:
    rows[0]["spans"][0]["score"] = 1.5


def same_id(rows: Rows) -> None:
    rows[1]["id"] = rows[0]["id"]


def token(rows: Rows) -> None:
    rows[0]["source_text"] += " hf_" + "a" * 30


def address(rows: Rows) -> None:
    rows[0]["source_text"] += " someone@example.org"


def new_label(rows: Rows) -> None:
    rows[0]["spans"][0]["label"] = "ANIMAL"


def fewer(rows: Rows) -> None:
    del rows[-1]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (outer_space, "white space at its edges"),
        (outside, "is outside its text"),
        (broken_tags, "is not IOB2"),
        (other_tags, "tags: they say something else than the spans"),
        (no_tag, "tags for"),
        (other_tokens, "tokens: they are not those of the text"),
        (high_score, "has the score 1.5"),
        (same_id, "its id is there before"),
        (token, "access token in source_text: hf_aaa"),
        (address, "e-mail address in source_text: someone@example.org"),
        (new_label, "labels that are not declared: ANIMAL"),
        (fewer, "rows, .* declared"),
    ],
)
def test_planted_defects_are_found(
    release: Path, change: Callable[[Rows], None], said: str
) -> None:
    rewrite(release / TRAIN, change)
    assert "has changed since it was built" in found(release)
    relist(release)
    assert re.search(said, found(release))


def test_labels_that_a_split_lacks_or_has_alone(release: Path) -> None:
    def none(rows: Rows) -> None:
        for row in rows:
            row["spans"] = [span for span in row["spans"] if span["label"] != "LOC"]
            row["ner_tags"] = [tag if tag in (0, 3, 4) else 0 for tag in row["ner_tags"]]

    rewrite(release / VALIDATION, none)
    relist(release)
    assert "ner-ha/validation: no example of labels that train has: LOC" in found(release)


def test_a_label_that_train_never_has(release: Path) -> None:
    def none(rows: Rows) -> None:
        for row in rows:
            row["spans"] = [span for span in row["spans"] if span["label"] != "PER"]
            row["ner_tags"] = [tag if tag in (0, 1, 2) else 0 for tag in row["ner_tags"]]

    rewrite(release / TRAIN, none)
    relist(release)
    assert "ner-ha/validation: labels that train does not have: PER" in found(release)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("license: apache-2.0\n", "", "field 'license' is missing"),
        ("license: apache-2.0\n", "license: mit\n", "its licence 'mit' is not"),
        ("language:\n- ha\n- en\n", "", "field 'language' is missing"),
        ("## Known limits", "## Other", "section 'Known limits' is missing"),
        ("## Citation", "## Other", "section 'Citation' is missing"),
        ("## Changelog", "## Other", "section 'Changelog' is missing"),
        ("Version 1.0.0", "Version 2.0.0", "does not say version 1.0.0"),
        ("## Scores", "/home/someone/data\n\n## Scores", "local path: /home/someone"),
        ("Invented news", "unnamed source corpus", "the source corpus has no name"),
        ("---\nannotations", "--\nannotations", "has no YAML at its head"),
        ("language:\n", "language: [\n", "has no YAML at its head"),
    ],
)
def test_what_is_missing_in_the_card_is_found(release: Path, old: str, new: str, said: str) -> None:
    card = release / "README.md"
    text = card.read_text(encoding="utf-8")
    assert old in text
    card.write_text(text.replace(old, new, 1), encoding="utf-8")
    assert said in found(release)


def test_files_are_those_that_are_listed(release: Path) -> None:
    (release / "extra.txt").write_text("more")
    (release / TRAIN).unlink()
    text = found(release)
    assert "extra.txt: is not listed" in text
    assert f"{TRAIN}: is not there" in text
    assert "split 'train' is missing" in text or "load_dataset fails" in text
    (release / "README.md").unlink()
    assert "README.md: is not there" in found(release)


def test_a_broken_file_is_a_finding_and_no_traceback(release: Path) -> None:
    (release / TRAIN).write_bytes(b"PAR1 nothing PAR1")
    assert "ner-ha: load_dataset fails" in found(release)


def test_what_is_forbidden_can_be_chosen(release: Path) -> None:
    assert "forbidden string 'Kano'" in found(release, forbidden=Forbidden(more=["Kano"]))
    rewrite(release / TRAIN, address)
    relist(release)
    assert "e-mail" not in found(release, forbidden=Forbidden(allowed=[r".*@example\.org"]))
    with pytest.raises(UsageError, match="not a regular expression"):
        Forbidden(more=["("])


def test_many_findings_of_a_kind_are_counted(release: Path) -> None:
    def all_wrong(rows: Rows) -> None:
        for row in rows:
            row["ner_tags"] = row["ner_tags"][:-1]

    rewrite(release / TRAIN, all_wrong)
    relist(release)
    findings = check_release(release)
    short = shortened(findings, most=3)
    wrong = [where for where, what in findings if what.startswith("tags:")]
    assert len(wrong) > 20
    assert ("ner-ha/train", f"{len(wrong) - 3} more of: tags") in short
    assert len([1 for _, what in short if what.startswith("tags:")]) == 3


def test_what_is_no_release_is_said(tmp_path: Path, release: Path) -> None:
    with pytest.raises(MissingInputError, match=r"no release\.json"):
        check_release(tmp_path / "nothing")
    (release / "release.json").write_text("{}")
    with pytest.raises(StorageError, match="not readable as a release"):
        check_release(release)


def test_rows_of_other_tasks_are_looked_at_as_far_as_they_are_known() -> None:
    assert list(row_findings({"question": "?"}, tags=())) == []
    answers = {"text": ["Kano", "yau"], "answer_start": [3, 0]}
    (wrong,) = row_findings({"context": "Na Kano ne yau.", "answers": answers}, tags=())
    assert wrong == "answers: says 'yau', not 'Na '"
    events = [{"trigger": [{"start": 0, "end": 2, "text": "ya"}], "arguments": []}]
    (wrong,) = row_findings({"text": "yi", "events": events}, tags=())
    assert wrong == "events: says 'ya', not 'yi'"
    span = {"id": "s", "start": 0, "end": 2, "label": "X", "text": "no"}
    (problem,) = row_findings({"text": "yes", "spans": [span]}, tags=())
    assert "says 'no', not 'ye'" in problem
    assert token_offsets("a b", ["a", "b"]) == [(0, 1), (2, 3)]
    assert token_offsets("a b c", ["a", "c"]) is None
    assert token_offsets("a b", ["a"]) is None


def test_digests_stand_for_files(release: Path) -> None:
    facts = json.loads((release / "release.json").read_text(encoding="utf-8"))
    assert facts["files"][TRAIN] == file_digest(release / TRAIN)
