"""Releases on the Hugging Face Hub: one commit and one tag each, through ``huggingface_hub``."""

import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from labelproj.errors import DependencyError, HubError, UsageError
from labelproj.progress import console, log
from labelproj.release.folder import FACTS, parse_facts
from labelproj.release.push import Facts, Published

__all__ = ["HubTarget"]

_TRIES = 5
_LONGEST_WAIT = 300.0
#: What an answer of the Hub means, and what to do about it.
_ANSWERS = {
    401: (
        "the Hub does not know who you are (401)",
        "log in with `hf auth login`, or set HF_TOKEN",
    ),
    403: ("this token may not do that (403)", "take a token with write access to the repository"),
    404: ("no such repository, or it is hidden from this token (404)", "check the name"),
    409: ("something else is writing to the repository (409)", "run the same command again"),
    412: ("the repository has changed meanwhile (412)", "run the same command again"),
    413: ("too large for the Hub (413)", "build with fewer rows in a file"),
    429: ("the Hub asks to slow down (429)", "wait some minutes, then run the same command again"),
}
#: Packages whose errors are of the connection.
_NETWORK = {"httpx", "httpx2", "hf_xet"}
_AGAIN = "nothing is half-published: run the same command again"


class HubTarget:
    """A dataset or model repository. ``endpoint`` is the Hub's address (default: HF_ENDPOINT).

    Every request that is answered with 429 or 5xx, or not at all, is tried again up to five
    times, after the time that the Hub asks for (``Retry-After``) or after ``pause`` seconds,
    doubled each time. Raises DependencyError without ``huggingface_hub``.
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
        self._pause = pause
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
            self._asked(self._api.whoami)
            try:
                info = self._info()
            except errors.RepositoryNotFoundError:
                if self._create_pr:
                    raise self._problem(404, None) from None
                self._asked(
                    self._api.create_repo,
                    self.name,
                    repo_type=kind,
                    private=self._private,
                    exist_ok=True,
                )
                info = self._info()
        except errors.RepositoryNotFoundError as error:
            raise self._problem(404, error) from error
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
        refs = self._asked(self._api.list_repo_refs, self.name, repo_type=self._kind)
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
            self._asked(
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

        info = self._asked(commit, arrived=lambda: self._arrived(facts))
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
        self._asked(
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
        return self._asked(self._api.repo_info, self.name, repo_type=self._kind)

    def _asked(
        self,
        call: Callable[..., Any],
        *args: Any,
        arrived: Callable[[], bool] | None = None,
        **options: Any,
    ) -> Any:
        """Call the client; try again where that may help, and say plainly what went wrong.

        ``arrived`` is asked before a request that is no use twice is sent again; where it says
        yes, None is returned. Entries and repositories that are not there are for the caller.
        """
        from huggingface_hub import errors

        for number in range(1, _TRIES + 1):
            try:
                return call(*args, **options)
            except errors.LocalTokenNotFoundError as error:
                raise self._problem(401, error) from error
            except errors.HFValidationError:
                raise
            except Exception as error:  # httpx, hf_xet and sockets each have errors of their own
                status = _status(error)
                absent = (errors.RepositoryNotFoundError, errors.RemoteEntryNotFoundError)
                if isinstance(error, absent) and status == 404:
                    raise
                again = status == 429 or status >= 500 or (not status and _is_network(error))
                if not again or number == _TRIES:
                    raise self._problem(status, error) from error
                wait = _wait(error, self._pause * 2 ** (number - 1))
                said = f"answers {status}" if status else "does not answer"
                log.warning("the Hub %s; trying again in %.0f s", said, wait)
            time.sleep(wait)
            if arrived is not None and arrived():
                return None
        raise AssertionError("unreachable")

    def _problem(self, status: int, error: Exception | None) -> HubError:
        if status in _ANSWERS:
            message, remedy = _ANSWERS[status]
            return HubError(message, where=self.name, remedy=remedy)
        while error is not None and isinstance(error.__cause__, Exception):
            error = error.__cause__  # what the client says of it is less than what it was
        said = (str(error).strip() or type(error).__name__).splitlines()[0]
        if status >= 500:
            return HubError(f"the Hub has a problem ({status})", where=self.name, remedy=_AGAIN)
        if status >= 400:
            remedy = "read what it says; nothing is half-published"
            return HubError(f"the Hub refuses ({status}): {said}", where=self.name, remedy=remedy)
        return HubError(
            f"the Hub cannot be reached: {said}",
            where=self.name,
            remedy=f"check the network, HF_ENDPOINT and HF_HUB_OFFLINE; {_AGAIN}",
        )


def _status(error: BaseException | None) -> int:
    """Return the HTTP status that an error, or the error behind it, is about; 0 for none."""
    while error is not None:
        response = getattr(error, "response", None)
        if response is not None:
            return int(response.status_code)
        error = error.__cause__
    return 0


def _wait(error: BaseException, otherwise: float) -> float:
    """Return the seconds to wait: what the Hub asks for, within reason."""
    try:
        asked = getattr(error, "response").headers["Retry-After"]  # noqa: B009
        return min(float(asked), _LONGEST_WAIT)
    except (AttributeError, KeyError, ValueError):
        return otherwise


def _is_network(error: BaseException | None) -> bool:
    """Say whether an error, or one behind it, is of the connection: trying again may help."""
    from huggingface_hub import errors

    while error is not None:
        if isinstance(error, errors.OfflineModeIsEnabled):
            return False
        kinds = {kind.__module__.split(".")[0] for kind in type(error).__mro__}
        if isinstance(error, ConnectionError | TimeoutError) or kinds & _NETWORK:
            return True
        error = error.__cause__
    return False
