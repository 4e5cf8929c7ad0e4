"""A small server that speaks the endpoints of the Hugging Face Hub that its client uses.

Repositories live in memory: commits (a parent and a tree of file contents), branches, tags, pull
requests. Files of more than ``LARGE`` bytes go through Git LFS, as on the Hub without Xet. Faults
can be put in the way: an answer of another status, or a connection that is cut after the server
has done its work.
"""

import base64
import hashlib
import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

__all__ = ["Fault", "Hub", "Repo", "running_hub"]

TOKEN = "hf_" + "t" * 24
LARGE = 4096
Tree = dict[str, bytes]


@dataclass
class Fault:
    """What happens to the next ``times`` requests of ``method`` on a path that matches."""

    method: str
    path: str
    status: int
    times: int = 1
    headers: dict[str, str] = field(default_factory=dict)
    #: Do the work first, then answer with the fault: the answer is lost, not the request.
    after: bool = False


@dataclass
class Repo:
    """One repository."""

    private: bool = False
    commits: dict[str, tuple[str | None, Tree]] = field(default_factory=dict)
    branches: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)

    def commit(self, tree: Tree, parent: str | None, branch: str) -> str:
        content = repr((parent, sorted((n, hashlib.sha1(d).hexdigest()) for n, d in tree.items())))
        sha = hashlib.sha1(content.encode()).hexdigest()
        self.commits[sha] = (parent, tree)
        self.branches[branch] = sha
        return sha

    def resolve(self, revision: str) -> str | None:
        found = self.branches.get(revision) or self.tags.get(revision)
        return found or (revision if revision in self.commits else None)

    def tree(self, revision: str) -> Tree:
        sha = self.resolve(revision)
        assert sha is not None
        return self.commits[sha][1]


@dataclass
class Hub:
    """The state of the server, for tests to look at and to put faults into."""

    url: str = ""
    repos: dict[tuple[str, str], Repo] = field(default_factory=dict)
    blobs: dict[str, bytes] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    writable: bool = True

    def create(self, name: str, *, kind: str = "dataset", private: bool = False) -> Repo:
        repo = Repo(private=private)
        repo.commit({".gitattributes": b"*.parquet filter=lfs\n"}, None, "main")
        self.repos[kind, name] = repo
        return repo

    def fault(self, method: str, path: str, after: bool) -> Fault | None:
        for one in self.faults:
            same = one.times and one.method == method and one.after == after
            if same and re.search(one.path, path):
                one.times -= 1
                return one
        return None


Answer = tuple[int, dict[str, str], bytes]


def _json(value: object, status: int = 200) -> Answer:
    return status, {"Content-Type": "application/json"}, json.dumps(value).encode()


def _refused(status: int, code: str) -> Answer:
    head = {"X-Error-Code": code, "X-Error-Message": code, "Content-Type": "application/json"}
    return status, head, json.dumps({"error": code}).encode()


def _blob_id(data: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hub: Hub

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""

    def _serve(self) -> None:
        parts = urlsplit(self.path)
        path, query = unquote(parts.path), parse_qs(parts.query)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.hub.requests.append(f"{self.command} {path}")
        if fault := self.hub.fault(self.command, path, False):
            self._send((fault.status, fault.headers, b'{"error": "on purpose"}'))
            return
        answer = self._answer(path, query, body)
        if fault := self.hub.fault(self.command, path, True):
            answer = (fault.status, fault.headers, b'{"error": "on purpose"}')
        self._send(answer)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = _serve  # noqa: N815

    def _send(self, answer: Answer) -> None:
        status, headers, data = answer
        self.send_response(status)
        for name, value in {"Content-Length": str(len(data)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def _answer(self, path: str, query: dict[str, list[str]], body: bytes) -> Answer:
        if path.startswith("/lfs/"):
            return self._large(path.removeprefix("/lfs/"), body)
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            return _refused(401, "Unauthorized")
        if path == "/api/whoami-v2":
            return _json({"name": "tester", "type": "user", "orgs": [], "auth": {"type": "x"}})
        if path == "/api/validate-yaml":
            return _json({"errors": [], "warnings": []})
        if path == "/api/repos/create":
            return self._create(json.loads(body))
        for pattern, serve in _ROUTES.items():
            if match := re.fullmatch(pattern, path):
                kind = "dataset" if match["kind"].startswith("dataset") else "model"
                repo = self.hub.repos.get((kind, match["repo"]))
                if repo is None:
                    return _refused(404, "RepoNotFound")
                return serve(self, repo, match.groupdict(), query, body)
        return _refused(404, "NotFound")

    def _create(self, asked: dict[str, Any]) -> Answer:
        name = f"{asked.get('organization') or 'tester'}/{asked['name']}"
        kind = asked.get("type") or "model"
        if not self.hub.writable:
            return _refused(403, "Forbidden")
        if (kind, name) in self.hub.repos:
            return _json({"error": "exists", "url": f"{self.hub.url}/{kind}s/{name}"}, 409)
        self.hub.create(name, kind=kind, private=asked.get("visibility") == "private")
        return _json({"url": f"{self.hub.url}/{'datasets/' if kind == 'dataset' else ''}{name}"})

    def _large(self, oid: str, body: bytes) -> Answer:
        if self.command == "PUT":
            assert hashlib.sha256(body).hexdigest() == oid
            self.hub.blobs[oid] = body
            return 200, {}, b""
        return 200, {"ETag": f'"{oid}"'}, self.hub.blobs[oid]


Match = dict[str, str]
Query = dict[str, list[str]]


def _info(on: _Handler, repo: Repo, match: Match, query: Query, body: bytes) -> Answer:
    sha = repo.resolve(match.get("rev") or "main")
    if sha is None:
        return _refused(404, "RevisionNotFound")
    siblings = [{"rfilename": name} for name in sorted(repo.tree(sha))]
    return _json(
        {
            "id": match["repo"],
            "sha": sha,
            "private": repo.private,
            "siblings": siblings,
            "tags": [],
            "disabled": False,
            "gated": False,
            "downloads": 0,
            "likes": 0,
        }
    )


def _refs(on: _Handler, repo: Repo, match: Match, query: Query, body: bytes) -> Answer:
    def listed(refs: dict[str, str], where: str) -> list[dict[str, str]]:
        return [
            {"name": name, "ref": f"refs/{where}/{name}", "targetCommit": sha}
            for name, sha in refs.items()
            if not name.startswith("refs/pr")
        ]

    return _json(
        {
            "branches": listed(repo.branches, "heads"),
            "converts": [],
            "tags": listed(repo.tags, "tags"),
        }
    )


def _preupload(on: _Handler, repo: Repo, match: Match, query: Query, body: bytes) -> Answer:
    there = repo.tree(match["rev"])
    files = [
        {
            "path": one["path"],
            "uploadMode": "lfs" if one["size"] > LARGE else "regular",
            "shouldIgnore": False,
            "oid": _oid(there[one["path"]]) if one["path"] in there else None,
        }
        for one in json.loads(body)["files"]
    ]
    return _json({"files": files})


def _oid(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest() if len(data) > LARGE else _blob_id(data)


def _batch(on: _Handler, repo: Repo, match: Match, query: Query, body: bytes) -> Answer:
    objects = []
    for one in json.loads(body)["objects"]:
        if one["oid"] not in on.hub.blobs:
            one["actions"] = {"upload": {"href": f"{on.hub.url}/lfs/{one['oid']}", "header": {}}}
        objects.append(one)
    return _json({"transfer": "basic", "objects": objects})


def _commit(on: _Handler, repo: Repo, match: Match, query: Query, body: bytes) -> Answer:
    if not on.hub.writable:
        return _refused(403, "Forbidden")
    parent = repo.resolve(match["rev"])
    tree = dict(repo.tree(match["rev"]))
    for line in body.splitlines():
        item = json.loads(line)
        value = item["value"]
        if item["key"] == "header":
            if value.get("parentCommit", parent) != parent:
                return _refused(412, "PreconditionFailed")
        elif item["key"] == "file":
            tree[value["path"]] = base64.b64decode(value["content"])
        elif item["key"] == "lfsFile":
            tree[value["path"]] = on.hub.blobs[value["oid"]]
        elif item["key"] == "deletedFile":
            del tree[value["path"]]
    pull = query.get("create_pr") == ["1"]
    number = 1 + sum(name.startswith("refs/pr") for name in repo.branches)
    sha = repo.commit(tree, parent, f"refs/pr/{number}" if pull else match["rev"])
    answer = {"commitUrl": f"{on.hub.url}/{match['repo']}/commit/{sha}", "commitOid": sha}
    if pull:
        answer["pullRequestUrl"] = f"{on.hub.url}/datasets/{match['repo']}/discussions/{number}"
    return _json(answer)


def _tag(on: _Handler, repo: Repo, match: Match, query: Query, body: bytes) -> Answer:
    tag = json.loads(body)["tag"]
    sha = repo.resolve(match["rev"])
    if tag in repo.tags:
        return _json({"error": "Tag reference exists already"}, 409)
    if sha is None:
        return _refused(404, "RevisionNotFound")
    repo.tags[tag] = sha
    return 200, {}, b""


def _resolve(on: _Handler, repo: Repo, match: Match, query: Query, body: bytes) -> Answer:
    sha = repo.resolve(match["rev"])
    if sha is None:
        return _refused(404, "RevisionNotFound")
    data = repo.tree(sha).get(match["path"])
    if data is None:
        return _refused(404, "EntryNotFound")
    return 200, {"ETag": f'"{_oid(data)}"', "X-Repo-Commit": sha}, data


def _entry(name: str, data: bytes) -> dict[str, Any]:
    entry: dict[str, Any] = {"type": "file", "path": name, "size": len(data)}
    entry["oid"] = _blob_id(data)
    if len(data) > LARGE:
        sha = hashlib.sha256(data).hexdigest()
        entry["lfs"] = {"oid": sha, "size": len(data), "pointerSize": 130}
    return entry


def _folders(tree: Tree) -> set[str]:
    return {name.rsplit("/", depth)[0] for name in tree for depth in range(1, name.count("/") + 1)}


def _tree(on: _Handler, repo: Repo, match: Match, query: Query, body: bytes) -> Answer:
    tree = repo.tree(match["rev"])
    under = f"{match['path']}/" if match.get("path") else ""
    recursive = query.get("recursive", ["false"])[0].lower() in ("true", "1")

    def inside(name: str) -> bool:
        rest = name.removeprefix(under)
        return name.startswith(under) and (recursive or "/" not in rest)

    entries = [_entry(name, data) for name, data in sorted(tree.items()) if inside(name)]
    entries += [
        {"type": "directory", "path": name, "oid": "0" * 40, "size": 0}
        for name in sorted(_folders(tree))
        if inside(name)
    ]
    if under and not entries:
        return _refused(404, "EntryNotFound")
    return _json(entries)


def _paths(on: _Handler, repo: Repo, match: Match, query: Query, body: bytes) -> Answer:
    tree = repo.tree(match["rev"])
    if on.headers.get("Content-Type", "").startswith("application/json"):
        asked = json.loads(body)["paths"]
    else:
        asked = parse_qs(body.decode())["paths"]
    found = [_entry(name, tree[name]) for name in asked if name in tree]
    found += [
        {"type": "directory", "path": name, "oid": "0" * 40, "size": 0}
        for name in asked
        if name in _folders(tree)
    ]
    return _json(found)


def _discussions(on: _Handler, repo: Repo, match: Match, query: Query, body: bytes) -> Answer:
    pulls = [name for name in repo.branches if name.startswith("refs/pr/")]
    found = [
        {
            "num": int(name.rsplit("/", 1)[1]),
            "title": "",
            "status": "open",
            "author": {"name": "tester"},
            "isPullRequest": True,
            "repo": {"name": match["repo"], "type": match["kind"].rstrip("s")},
            "createdAt": "2026-01-01T00:00:00.000Z",
        }
        for name in pulls
    ]
    return _json({"discussions": found, "count": len(found), "start": 0})


_ONE = r"(?P<repo>[\w.-]+/[\w.-]+)"
_API = rf"/api/(?P<kind>datasets|models)/{_ONE}"
_FILES = r"/(?P<kind>datasets/|)"
_REV = r"(?P<rev>refs/pr/\d+|[^/]+)"
_ROUTES: dict[str, Callable[[_Handler, Repo, Match, Query, bytes], Answer]] = {
    _API: _info,
    rf"{_API}/revision/{_REV}": _info,
    rf"{_API}/refs": _refs,
    rf"{_API}/discussions": _discussions,
    rf"{_API}/preupload/{_REV}": _preupload,
    rf"{_API}/commit/{_REV}": _commit,
    rf"{_API}/tag/{_REV}": _tag,
    rf"{_API}/tree/{_REV}(?:/(?P<path>.+))?": _tree,
    rf"{_API}/paths-info/{_REV}": _paths,
    rf"{_FILES}{_ONE}\.git/info/lfs/objects/batch": _batch,
    rf"{_FILES}{_ONE}/resolve/{_REV}/(?P<path>.+)": _resolve,
}


@contextmanager
def running_hub() -> Iterator[Hub]:
    """Run a server on a free port of this machine for as long as the context lasts."""
    hub = Hub()
    handler = type("Handler", (_Handler,), {"hub": hub})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    hub.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
