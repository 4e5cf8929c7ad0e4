"""The round trip through a real Label Studio: import, look, answer, export, merge."""

import json
import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from builders import Pair, write_tables
from chromium import Browser, find_chromium
from labelproj import tables
from labelproj.config import FilterParams
from labelproj.shards import write_manifest
from labelproj.stages.filter import run_filter
from labelproj.stages.review import run_export, run_import

pytestmark = pytest.mark.label_studio

USER, PASSWORD = "reviewer@example.org", "a-password-for-tests"
TOKEN = "0123456789abcdef" * 2 + "01234567"
FAMILY, FLAG = "👩\u200d👩\u200d👧", "🇳🇬"
NASTY = [
    Pair("😀 [PER:1 Amina] went to [LOC:2 Kano].", "😀 [PER:1 Amina] ta tafi [LOC:2 Kano]."),
    Pair(
        f"{FAMILY} [PER:1 Musa]\nslept & <b>ate</b>.",
        f"{FAMILY} [PER:1 Musa]\nya yi barci & <b>ci</b>.",
    ),
    Pair("[PER:1 Layla] is in [LOC:2 Cairo].", "[PER:1 ليلى] في [LOC:2 القاهرة] 🎉."),
    Pair(
        "A\u200bB e\u0301 [LOC:1 Mali\u0301].",
        f"A\u200bB e\u0301 [LOC:1 Mali\u0301]\n\nda {FLAG} [LOC:2 Jos].",
    ),
    Pair("One\ttab, [LOC:1 Jos].", "Wani\ttab,\r\n[LOC:1 Jos]."),
]


class Server:
    """A Label Studio with one user, and its API."""

    def __init__(self, address: str):
        self.address = address

    def call(self, method: str, path: str, body: object = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Token {TOKEN}", "Content-Type": "application/json"}
        request = urllib.request.Request(
            self.address + path, method=method, data=data, headers=headers
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.loads(answer.read() or b"null")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    program = os.environ.get("LABEL_STUDIO")
    assert program, "make test-label-studio sets LABEL_STUDIO to the program"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder = tmp_path_factory.mktemp("label-studio")
    environment = os.environ | {
        "LABEL_STUDIO_BASE_DATA_DIR": str(folder),
        "COLLECT_ANALYTICS": "False",
        "LATEST_VERSION_CHECK": "False",
        "SENTRY_DSN": "",
        "FRONTEND_SENTRY_DSN": "",
    }
    options = f"start --no-browser --internal-host 127.0.0.1 --port {port} --log-level ERROR"
    user = ("--username", USER, "--password", PASSWORD, "--user-token", TOKEN)
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [program, *options.split(), *user, "--enable-legacy-api-token"],
            env=environment, stdout=log, stderr=log,
        )  # fmt: skip
    found = Server(f"http://127.0.0.1:{port}")
    try:
        for _ in range(180):
            assert process.poll() is None, (folder / "log").read_text()
            try:
                found.call("GET", "/api/projects/")
                break
            except (urllib.error.URLError, ConnectionError):
                time.sleep(1)
        yield found
    finally:
        process.terminate()
        process.wait(30)


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("reviewed") / "job"
    units, _ = write_tables(folder.parent, [[pair] for pair in NASTY])
    run_filter(units=units, out=folder, params=FilterParams())
    params: dict[str, object] = {"src": "en", "tgt": "ar"}
    write_manifest(folder / "manifest.json", {"stage": "job", "params": params})
    run_export(job=folder, tool="label-studio", out=folder.parent / "out", limit=9)
    return folder


@pytest.fixture(scope="module")
def project(server: Server, job: Path) -> int:
    out = job.parent / "out"
    config = (out / "config.xml").read_text(encoding="utf-8")
    made = server.call("POST", "/api/projects/", {"title": "review", "label_config": config})
    tasks = json.loads((out / "tasks.json").read_text(encoding="utf-8"))
    answer = server.call("POST", f"/api/projects/{made['id']}/import", tasks)
    assert (answer["task_count"], answer["prediction_count"]) == (len(NASTY), len(NASTY))
    return int(made["id"])


def exported(server: Server, project: int, *, every: bool = False) -> list[dict[str, Any]]:
    path = f"/api/projects/{project}/export?exportType=JSON"
    tasks: list[dict[str, Any]] = server.call("GET", path + "&download_all_tasks=true" * every)
    return sorted(tasks, key=lambda task: str(task["data"]["unit_id"]))


def merged(server: Server, project: int, job: Path) -> dict[str, dict[str, Any]]:
    file = job.parent / "export.json"
    file.write_text(json.dumps(exported(server, project)), encoding="utf-8")
    counts = run_import(files=[file], job=job, tool="label-studio")
    assert counts["unusable"] == 0
    table = tables.read(job / "corrections.parquet", tables.CORRECTIONS)
    return {row["unit_id"]: row for row in table.iter_rows(named=True)}


def test_through_the_api(server: Server, project: int, job: Path) -> None:
    tasks = exported(server, project, every=True)
    given = json.loads((job.parent / "out" / "tasks.json").read_text(encoding="utf-8"))
    for task, own in zip(
        tasks, sorted(given, key=lambda t: str(t["data"]["unit_id"])), strict=True
    ):
        assert task["data"] == own["data"]
        result = server.call("GET", f"/api/tasks/{task['id']}/")["predictions"][0]["result"]
        assert result == own["predictions"][0]["result"]
        answer = [one for one in result if one["from_name"] == "label"]
        verdict = {"from_name": "verdict", "to_name": "target", "type": "choices", "id": "v"}
        if task["data"]["unit_id"] == "d1:text:0":
            answer.append(verdict | {"value": {"choices": ["reject"]}})
        if task["data"]["unit_id"] == "d0:text:0":
            answer[0]["value"] |= {"start": 2, "end": 10, "text": "Amina ta"}
        server.call("POST", f"/api/tasks/{task['id']}/annotations/", {"result": answer})
    rows = merged(server, project, job)
    status = {name: row["status"] for name, row in rows.items()}
    assert status == {
        "d0:text:0": "edit", "d1:text:0": "reject", "d2:text:0": "accept", "d3:text:0": "accept",
        "d4:text:0": "accept",
    }  # fmt: skip
    assert {row["annotator"] for row in rows.values()} == {"user 1"}
    assert all(row["at"] for row in rows.values())
    spans = {
        s["id"]: rows["d0:text:0"]["text"][s["start"] : s["end"]]
        for s in rows["d0:text:0"]["spans"]
    }
    assert spans == {"s1": "Amina ta", "s2": "Kano"}


def test_its_editor_shows_the_spans_in_their_places(
    server: Server, project: int, job: Path
) -> None:
    """What its editor highlights is what was marked, and what it submits comes back the same."""
    assert find_chromium(), "make test-label-studio needs Chromium"
    with Browser(timeout=60) as browser:
        browser.size(1400, 1000)
        browser.open(f"{server.address}/user/login/")
        browser.run(
            f"document.querySelector('input[name=email]').value = '{USER}';"
            f"document.querySelector('input[name=password]').value = '{PASSWORD}';"
            "document.querySelector('form').submit()"
        )
        browser.wait("location.pathname !== '/user/login/'")
        for task in exported(server, project, every=True):
            for one in task["annotations"]:
                server.call("DELETE", f"/api/annotations/{one['id']}/")
            data = task["data"]
            browser.open(f"{server.address}/projects/{project}/data?task={task['id']}")
            shown = "[...document.querySelectorAll('.htx-highlight')].map((one) => one.innerText)"
            regions = server.call("GET", f"/api/tasks/{task['id']}/")["predictions"][0]["result"]
            expected = [region["value"]["text"] for region in regions]
            browser.wait(f"{shown}.length >= {len(expected)}")
            found = browser.run(shown)
            assert found == expected, data["unit_id"]
            button = (
                "[...document.querySelectorAll('button')].find((b) => b.innerText === 'Submit')"
            )
            browser.wait(f"Boolean({button})")
            browser.run(f"{button}.click()")
            path = f"/api/tasks/{task['id']}/"
            for _ in range(100):
                if server.call("GET", path)["annotations"]:
                    break
                time.sleep(0.2)
    (job / "corrections.parquet").unlink()
    rows = merged(server, project, job)
    assert {row["status"] for row in rows.values()} == {"accept"}, rows
    assert len(rows) == len(NASTY)
