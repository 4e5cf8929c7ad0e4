"""Publishing: against a server that speaks the Hub's endpoints (hub_server), and into a folder."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hub_server import TOKEN, Fault, Hub, running_hub
from labelproj.errors import CheckFailedError, HubError, UsageError
from labelproj.release.build import build_release
from labelproj.release.check import check_release
from labelproj.release.folder import read_facts
from labelproj.release.hub import HubTarget
from labelproj.release.local import FolderTarget
from labelproj.release.push import Published, push_release
from releases import make_project, stories

NAME = "tester/invented"
# huggingface_hub sends large files in a way that its HTTP client calls old.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    import datasets
    from huggingface_hub import constants

    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    # The server speaks Git LFS, not Xet.
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)


@pytest.fixture
def hub() -> Iterator[Hub]:
    with running_hub() as running:
        yield running


@pytest.fixture(scope="module")
def releases(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Two versions with different rows, and the second one's version with the first one's rows."""
    root = tmp_path_factory.mktemp("releases")
    found = {}
    for name, version, number in (
        ("one", "1.0.0", 30),
        ("two", "1.1.0", 34),
        ("same", "1.1.0", 30),
    ):
        params = make_project(root / name, stories(number))
        found[name] = root / name / "release"
        build_release((), out=found[name], params=params, version=version)
    return found


def push(hub: Hub, folder: Path, **options: Any) -> Published:
    tag = options.pop("tag", None)
    token = options.pop("token", TOKEN)
    target = HubTarget(NAME, endpoint=hub.url, token=token, pause=0.0, **options)
    return push_release(folder, target, tag=tag)


def commits(hub: Hub) -> int:
    return len(hub.repos["dataset", NAME].commits)


def test_a_release_is_one_commit_and_one_tag(hub: Hub, releases: dict[str, Path]) -> None:
    done = push(hub, releases["one"], tag="v1.0.0", private=True)
    repo = hub.repos["dataset", NAME]
    assert done.pushed and done.commit == repo.tags["v1.0.0"] == repo.branches["main"]
    assert repo.private and commits(hub) == 2  # the first is the Hub's own
    tree = repo.tree("v1.0.0")
    assert set(tree) == {".gitattributes", "README.md", "release.json"} | {
        f"data/{config}/{split}-00000-of-00001.parquet"
        for config in ("ner-ha", "ner-ha-slim")
        for split in ("train", "validation")
    }
    card = tree["README.md"].decode()
    assert "### 1.0.0\n\nThe first release.\n" in card
    assert f'load_dataset("{NAME}", "ner-ha")' in card
    facts = read_facts(releases["one"])
    assert json.loads(tree["release.json"])["content"] == facts["content"]


def test_nothing_changed_nothing_pushed(hub: Hub, releases: dict[str, Path]) -> None:
    push(hub, releases["one"])
    hub.requests.clear()
    again = push(hub, releases["one"])
    assert not again.pushed and "nothing was pushed" in again.said
    other = push(hub, releases["same"])
    assert not other.pushed and "nothing has changed since 1.0.0" in other.said
    assert not [request for request in hub.requests if request.startswith(("POST", "PUT"))]
    assert list(hub.repos["dataset", NAME].tags) == ["v1.0.0"]


def test_the_next_release_says_what_is_different(hub: Hub, releases: dict[str, Path]) -> None:
    push(hub, releases["one"])
    done = push(hub, releases["two"])
    card = hub.repos["dataset", NAME].tree("v1.1.0")["README.md"].decode()
    assert done.changelog in card
    assert card.index("### 1.1.0") < card.index("### 1.0.0\n\nThe first release.")
    counts = done.changelog.split("| ner-ha | train | ")[1].split(" | ")
    before, after, added, removed = map(int, counts[:4])
    assert after - before == added - removed and added > 0
    assert "Spans by label: LOC 30 to 34, PER 30 to 34." in done.changelog
    assert "The first release" in hub.repos["dataset", NAME].tree("v1.0.0")["README.md"].decode()


def test_what_a_release_no_longer_has_is_deleted(hub: Hub, releases: dict[str, Path]) -> None:
    push(hub, releases["one"])
    repo = hub.repos["dataset", NAME]
    facts = json.loads(repo.tree("main")["release.json"])
    name = "data/ner-ha/old-00000-of-00001.parquet"
    facts["files"][name] = "0"
    tree = repo.tree("main") | {name: b"old", "release.json": json.dumps(facts).encode()}
    repo.commit(tree, repo.branches["main"], "main")
    done = push(hub, releases["two"])
    assert done.counts["deleted"] == 1
    assert name not in repo.tree("v1.1.0")


def test_a_tag_stays_what_it_is(hub: Hub, releases: dict[str, Path], tmp_path: Path) -> None:
    push(hub, releases["two"])
    params = make_project(tmp_path, stories(12))
    build_release((), out=tmp_path / "other", params=params, version="1.1.0")
    with pytest.raises(CheckFailedError, match=r"v1\.1\.0 is there already, with other content"):
        push(hub, tmp_path / "other")
    with pytest.raises(CheckFailedError, match=r"1\.1\.0 is there already: 1\.0\.0 is older"):
        push(hub, releases["one"])
    with pytest.raises(UsageError, match=r"the tag v2\.0\.0 is not of version 1\.0\.0"):
        push(hub, releases["one"], tag="v2.0.0")
    with pytest.raises(UsageError, match="is not a version"):
        push(hub, releases["one"], tag="latest")
    assert commits(hub) == 2


def test_a_release_with_findings_is_not_published(hub: Hub, tmp_path: Path) -> None:
    params = make_project(tmp_path, stories(12))
    build_release((), out=tmp_path / "r", params=params, version="1.0.0")
    (tmp_path / "r" / "secret.txt").write_text("/home/someone/notes")
    with pytest.raises(CheckFailedError, match="nothing was published; the first of 2: secret"):
        push(hub, tmp_path / "r")
    assert hub.requests == []


def test_a_busy_hub_is_asked_again(
    hub: Hub, releases: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    import time

    waits: list[float] = []
    monkeypatch.setattr(time, "sleep", waits.append)
    asked = ("POST repos/create", "POST preupload", "POST objects/batch", "POST /commit/")
    for where in ("GET whoami", "GET /refs", "POST /tag/", *asked):
        method, path = where.split()
        hub.faults.append(Fault(method, path, 429, headers={"Retry-After": "7"}))
        hub.faults.append(Fault(method, path, 503))
    assert push(hub, releases["one"]).pushed
    assert len([wait for wait in waits if wait >= 7]) == 7
    assert not any(fault.times for fault in hub.faults)
    assert commits(hub) == 2


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (401, "does not know who you are"),
        (403, "may not do that"),
        (404, "no such repository"),
        (409, "something else is writing"),
        (418, "the Hub refuses"),
        (429, "asks to slow down"),
        (503, "nothing is half-published"),
    ],
)
def test_a_refusing_hub_is_explained_and_nothing_is_half_published(
    hub: Hub, releases: dict[str, Path], monkeypatch: pytest.MonkeyPatch, status: int, said: str
) -> None:
    import time

    monkeypatch.setattr(time, "sleep", lambda _: None)
    hub.faults.append(Fault("POST", "/commit/", status, times=99))
    with pytest.raises(HubError) as caught:
        push(hub, releases["one"])
    assert said in str(caught.value)
    assert NAME in str(caught.value)
    repo = hub.repos["dataset", NAME]
    assert commits(hub) == 1 and not repo.tags and "README.md" not in repo.tree("main")


def test_large_files_that_were_sent_are_not_sent_again(hub: Hub, releases: dict[str, Path]) -> None:
    hub.faults.append(Fault("POST", "/commit/", 409))
    with pytest.raises(HubError):
        push(hub, releases["one"])
    assert [request for request in hub.requests if request.startswith("PUT")]
    hub.requests.clear()
    assert push(hub, releases["one"]).pushed
    assert not [request for request in hub.requests if request.startswith("PUT")]


def test_a_wrong_token_and_none(
    hub: Hub, releases: dict[str, Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from huggingface_hub import constants

    with pytest.raises(HubError, match="does not know who you are"):
        push(hub, releases["one"], token="hf_wrong")
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "token"))
    monkeypatch.setattr(constants, "HF_STORED_TOKENS_PATH", str(tmp_path / "tokens"))
    monkeypatch.delenv("HF_TOKEN", raising=False)
    with pytest.raises(HubError, match="hf auth login"):
        push(hub, releases["one"], token=None)


def test_a_token_that_may_only_read(hub: Hub, releases: dict[str, Path]) -> None:
    hub.writable = False
    with pytest.raises(HubError, match="may not do that"):
        push(hub, releases["one"])
    hub.create(NAME)
    with pytest.raises(HubError, match="write access"):
        push(hub, releases["one"])


def test_an_unreachable_hub(releases: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    from huggingface_hub import constants

    monkeypatch.setattr(time, "sleep", lambda _: None)
    target = HubTarget(NAME, endpoint="http://127.0.0.1:1", token=TOKEN, pause=0.0)
    with pytest.raises(HubError, match="cannot be reached") as caught:
        push_release(releases["one"], target)
    assert "HF_ENDPOINT" in str(caught.value)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(HubError, match="cannot be reached"):
        push_release(releases["one"], target)


def test_an_answer_that_makes_no_sense(hub: Hub, releases: dict[str, Path]) -> None:
    hub.faults.append(Fault("GET", "/refs", 200, times=9))
    with pytest.raises(HubError, match="was not understood"):
        push(hub, releases["one"])


def test_a_push_that_stopped_before_its_tag_is_finished(
    hub: Hub, releases: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    import time

    monkeypatch.setattr(time, "sleep", lambda _: None)
    hub.faults.append(Fault("POST", "/tag/", 500, times=99))
    with pytest.raises(HubError, match="the Hub has a problem"):
        push(hub, releases["one"])
    assert commits(hub) == 2 and not hub.repos["dataset", NAME].tags
    hub.faults.clear()
    done = push(hub, releases["one"])
    assert done.pushed and "half there" in done.said
    assert commits(hub) == 2 and list(hub.repos["dataset", NAME].tags) == ["v1.0.0"]


def test_a_commit_whose_answer_is_lost_is_not_made_twice(
    hub: Hub, releases: dict[str, Path]
) -> None:
    hub.faults.append(Fault("POST", "/commit/", 502, after=True))
    assert push(hub, releases["one"]).pushed
    assert commits(hub) == 2 and "v1.0.0" in hub.repos["dataset", NAME].tags


def test_somebody_else_has_written_meanwhile(hub: Hub, releases: dict[str, Path]) -> None:
    push(hub, releases["one"])
    repo = hub.repos["dataset", NAME]
    target = HubTarget(NAME, endpoint=hub.url, token=TOKEN, pause=0.0)
    real = target.tags

    def tags() -> list[str]:
        repo.commit({**repo.tree("main"), "x": b"x"}, repo.branches["main"], "main")
        return real()

    target.tags = tags  # type: ignore[method-assign]
    with pytest.raises(HubError, match="has changed meanwhile"):
        push_release(releases["two"], target)
    assert list(repo.tags) == ["v1.0.0"]


def test_a_pull_request_first_and_the_tag_after_it(hub: Hub, releases: dict[str, Path]) -> None:
    with pytest.raises(HubError, match="no such repository"):
        push(hub, releases["one"], create_pr=True)
    repo = hub.create(NAME)
    done = push(hub, releases["one"], create_pr=True)
    assert done.pull_request and done.pull_request.endswith("/discussions/1")
    assert not repo.tags and "README.md" not in repo.tree("main")
    again = push(hub, releases["one"], create_pr=True)
    assert not again.pushed and again.pull_request == done.pull_request
    repo.branches["main"] = repo.branches["refs/pr/1"]  # merged
    assert push(hub, releases["one"]).pushed
    assert repo.tags["v1.0.0"] == repo.branches["refs/pr/1"]


def test_repositories_that_are_not_for_this(hub: Hub, releases: dict[str, Path]) -> None:
    repo = hub.create(NAME)
    with pytest.raises(UsageError, match="is public, and --private was asked for"):
        push(hub, releases["one"], private=True)
    repo.commit({"train.csv": b"a,b"}, repo.branches["main"], "main")
    with pytest.raises(UsageError, match="files that are no release"):
        push(hub, releases["one"])
    target = HubTarget("not a name", endpoint=hub.url, token=TOKEN)
    with pytest.raises(UsageError, match="is no name of a repository"):
        push_release(releases["one"], target)
    repo.commit({"release.json": b"[]"}, repo.branches["main"], "main")
    repo.tags["v0.9.0"] = repo.branches["main"]
    with pytest.raises(CheckFailedError, match=r"tagged 0\.9\.0 is no release"):
        push(hub, releases["one"])


def test_a_folder_holds_a_folder_a_tag(releases: dict[str, Path], tmp_path: Path) -> None:
    import datasets

    target = FolderTarget(tmp_path / "all")
    assert push_release(releases["one"], target).pushed
    assert not push_release(releases["one"], target).pushed
    done = push_release(releases["two"], target)
    assert "LOC 30 to 34" in done.changelog
    assert sorted(path.name for path in (tmp_path / "all").iterdir()) == ["v1.0.0", "v1.1.0"]
    for tag in ("v1.0.0", "v1.1.0"):
        assert check_release(tmp_path / "all" / tag) == []
    loaded = datasets.load_dataset(
        str(tmp_path / "all" / "v1.1.0"), "ner-ha-slim", cache_dir=str(tmp_path / "cache")
    )
    assert sum(part.num_rows for part in loaded.values()) == 34


def test_a_clean_process_loads_what_the_command_line_published(
    hub: Hub, releases: dict[str, Path], tmp_path: Path
) -> None:
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("HF_")},
        "HF_ENDPOINT": hub.url,
        "HF_TOKEN": TOKEN,
        "HF_HOME": str(tmp_path / "home"),
        "HF_HUB_DISABLE_XET": "1",
        "LABELPROJ_JEMALLOC": "0",
    }
    command = ["-m", "labelproj", "release", "push", NAME, "--dir", str(releases["one"])]
    done = subprocess.run(
        [sys.executable, *command, "--tag", "v1.0.0", "--json"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["url"] == f"{hub.url}/datasets/{NAME}/tree/v1.0.0"
    script = (
        "import datasets; found = datasets.load_dataset"
        f"({NAME!r}, 'ner-ha', revision='v1.0.0'); print(found['train'].num_rows)"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=False
    )
    assert loaded.returncode == 0, loaded.stderr
    expected = read_facts(releases["one"])["configs"]["ner-ha"]["splits"]["train"]["rows"]
    assert int(loaded.stdout) == expected
