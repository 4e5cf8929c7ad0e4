"""Releases on the Hugging Face Hub: one commit and one tag each, through ``huggingface_hub``."""

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from labelproj.errors import DependencyError, HubError, UsageError
from labelproj.progress import console
from labelproj.release.folder import FACTS, parse_facts
from labelproj.release.hub_calls import HubCalls
from labelproj.release.push import Facts, Published

__all__ = ["HubTarget"]


class HubTarget:
    """A dataset or model repository. ``endpoint`` is the Hub's address (default: HF_ENDPOINT).

    ``pause``: see :class:`labelproj.release.hub_calls.HubCalls`. Every method raises HubError.
    Raises DependencyError without ``huggingface_hub``.
    """

    def __init__(
        self,
        repo: str,
        *,
        private: bool = False,
        create_pr: bool = False,
        endpoint: str | None = None,
        token: str | None = None,
        pause: float = 1.0,
    ):
        try:
            from huggingface_hub import HfApi
            from huggingface_hub.utils import logging
            from huggingface_hub.utils.tqdm import disable_progress_bars
        except ImportError as error:
            raise DependencyError(
                "publishing on the Hub needs huggingface_hub",
                remedy="pip install 'labelproj[data]'",
            ) from error
        # What the client's own log would say is said here, once.
        logging.set_verbosity_error()  # type: ignore[no-untyped-call]
        if not console.is_terminal:
            disable_progress_bars()
        self.name = repo
        self.loads: str | None = repo
        self._private = private
        self._create_pr = create_pr
        self._calls = HubCalls(repo, pause=pause)
        self._api = HfApi(endpoint=endpoint, token=token)
        self._kind = "dataset"
        self._head: str | None = None

    def open(self, kind: str) -> None:
        """Ask who we are, and make the repository where there is none.

        Raises HubError, and UsageError where the name is none, the repository is public and a
        private one was asked for, or it holds something that is no release.
        """
        from huggingface_hub import errors

        self._kind = kind
        try:
            self._calls.ask(self._api.whoami)
            try:
                info = self._info()
            except errors.RepositoryNotFoundError:
                if self._create_pr:
                    raise self._calls.problem(404, None) from None
                self._calls.ask(
                    self._api.create_repo,
                    self.name,
                    repo_type=kind,
                    private=self._private,
                    exist_ok=True,
                )
                info = self._info()
        except errors.RepositoryNotFoundError as error:
            raise self._calls.problem(404, error) from error
        except errors.HFValidationError as error:
            raise UsageError(
                f"{self.name!r} is no name of a repository", remedy="OWNER/NAME"
            ) from error
        self._head = info.sha
        if self._private and not info.private:
            raise UsageError(
                "the repository is public, and --private was asked for",
                where=self.name,
                remedy="make it private on its page, or leave --private out",
            )
        names = {sibling.rfilename for sibling in info.siblings or ()}
        if FACTS not in names and names - {".gitattributes", "README.md"}:
            raise UsageError(
                f"the repository holds files that are no release of labelproj: "
                f"{', '.join(sorted(names)[:3])}",
                where=self.name,
                remedy="give another name",
            )

    def tags(self) -> list[str]:
        """Return the tags of the repository."""
        refs = self._calls.ask(self._api.list_repo_refs, self.name, repo_type=self._kind)
        return [ref.name for ref in refs.tags]

    def facts(self, tag: str | None) -> Facts | None:
        """Return ``release.json`` under a tag, or at the head of the main branch."""
        return self._facts_at(tag or self._head or "main")

    def _facts_at(self, revision: str) -> Facts | None:
        from huggingface_hub import errors

        with tempfile.TemporaryDirectory(prefix="labelproj-hub-") as folder:
            try:
                path = self._download(FACTS, revision, Path(folder))
                return parse_facts(path.read_text(encoding="utf-8"))
            except errors.EntryNotFoundError:
                return None

    def fetch(self, tag: str, name: str, to: Path) -> None:
        """Download a file of a tagged release."""
        from huggingface_hub import errors

        with tempfile.TemporaryDirectory(prefix="labelproj-hub-", dir=to.parent) as folder:
            try:
                self._download(name, tag, Path(folder)).replace(to)
            except errors.EntryNotFoundError as error:
                raise HubError(
                    f"the release {tag} has no file {name}",
                    where=self.name,
                    remedy="look at the release of that tag",
                ) from error

    def _download(self, name: str, revision: str, folder: Path) -> Path:
        return Path(
            self._calls.ask(
                self._api.hf_hub_download,
                self.name,
                name,
                repo_type=self._kind,
                revision=revision,
                local_dir=folder,
            )
        )

    def publish(self, files: Mapping[str, Path], *, tag: str, facts: Facts) -> Published:
        """Send the files in one commit, on top of what was there when the push began; tag it.

        Large files go first and belong to nothing until the commit; sent once, they are not sent
        again. With a pull request the tag has to wait until it is merged.
        """
        from huggingface_hub import CommitOperationAdd, CommitOperationDelete

        if self._create_pr and (proposed := self._proposed(facts)):
            said = "there is an open pull request with the same content: nothing was pushed"
            return Published(tag, False, said, self.name, pull_request=proposed)
        earlier = set((self.facts(None) or {}).get("files", ()))
        operations: list[Any] = [CommitOperationDelete(one) for one in sorted(earlier - set(files))]

        def commit() -> Any:
            added = [CommitOperationAdd(name, str(path)) for name, path in files.items()]
            return self._api.create_commit(
                self.name,
                operations + added,
                commit_message=f"Release {tag}",
                repo_type=self._kind,
                parent_commit=self._head,
                create_pr=self._create_pr,
            )

        info = self._calls.ask(commit, arrived=lambda: self._arrived(facts))
        counts = {"files": len(files), "deleted": len(earlier - set(files))}
        if self._create_pr:
            said = f"opened a pull request for {tag}; push again when it is merged, to set the tag"
            return Published(
                tag,
                True,
                said,
                str(info.pr_url),
                commit=info.oid,
                pull_request=str(info.pr_url),
                counts=counts,
            )
        self._head = info.oid if info is not None else self._info().sha
        return self._tagged(tag, said=f"published {tag}", counts=counts)

    def _proposed(self, facts: Facts) -> str | None:
        """Return the address of an open pull request with the content of this release."""

        def listed() -> list[Any]:
            return list(
                self._api.get_repo_discussions(
                    self.name,
                    repo_type=self._kind,
                    discussion_type="pull_request",
                    discussion_status="open",
                )
            )

        for one in self._calls.ask(listed):
            there = self._facts_at(f"refs/pr/{one.num}")
            if there and (there["content"], there["version"]) == (
                facts["content"],
                facts["version"],
            ):
                return str(one.url)
        return None

    def _arrived(self, facts: Facts) -> bool:
        """Say whether a commit whose answer was lost has been made."""
        if self._create_pr:
            return False
        head = self._info().sha
        if head == self._head:
            return False
        there = self._facts_at(head)
        return there is not None and there["content"] == facts["content"]

    def finish(self, *, tag: str) -> Published:
        """Tag the head of the main branch."""
        return self._tagged(tag, said=f"{tag} was half there and is published now", counts={})

    def _tagged(self, tag: str, *, said: str, counts: Mapping[str, int]) -> Published:
        self._calls.ask(
            self._api.create_tag,
            self.name,
            tag=tag,
            revision=self._head,
            repo_type=self._kind,
            exist_ok=True,
        )
        folder = "datasets/" if self._kind == "dataset" else ""
        url = f"{self._api.endpoint}/{folder}{self.name}/tree/{tag}"
        return Published(tag, True, said, url, commit=self._head, counts=counts)

    def _info(self) -> Any:
        return self._calls.ask(self._api.repo_info, self.name, repo_type=self._kind)
