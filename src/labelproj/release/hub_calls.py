"""Requests to the Hub: tried again where that may help, and explained where it does not."""

import time
from collections.abc import Callable
from typing import Any

from labelproj.errors import HubError
from labelproj.progress import log

__all__ = ["HubCalls"]

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


class HubCalls:
    """Calls of ``huggingface_hub`` about one repository.

    What is answered with 429 or 5xx, or not at all, is tried again up to five times, after the
    time that the Hub asks for (``Retry-After``) or after ``pause`` seconds, doubled each time.
    """

    def __init__(self, name: str, *, pause: float):
        self._name = name
        self._pause = pause

    def ask(
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
                raise self.problem(401, error) from error
            except errors.HFValidationError:
                raise
            except Exception as error:  # httpx, hf_xet and sockets each have errors of their own
                status = _status(error)
                absent = (errors.RepositoryNotFoundError, errors.RemoteEntryNotFoundError)
                if isinstance(error, absent) and status == 404:
                    raise
                again = status == 429 or status >= 500 or (not status and _is_network(error))
                if not again or number == _TRIES:
                    raise self.problem(status, error) from error
                wait = _wait(error, self._pause * 2 ** (number - 1))
                said = f"answers {status}" if status else "does not answer"
                log.warning("the Hub %s; trying again in %.0f s", said, wait)
            time.sleep(wait)
            if arrived is not None and arrived():
                return None
        raise AssertionError("unreachable")

    def problem(self, status: int, error: Exception | None) -> HubError:
        """Return what to say of a status (0: none) and the error behind it."""
        if status in _ANSWERS:
            message, remedy = _ANSWERS[status]
            return HubError(message, where=self._name, remedy=remedy)
        if status >= 500:
            return HubError(f"the Hub has a problem ({status})", where=self._name, remedy=_AGAIN)
        reached = status >= 400 or not (_is_network(error) or _is_offline(error))
        while error is not None and isinstance(error.__cause__, Exception):
            error = error.__cause__  # what the client says of it is less than what it was
        said = (str(error).strip() or type(error).__name__).splitlines()[0]
        if reached:
            what = (
                f"refuses ({status})" if status else f"was not understood ({type(error).__name__})"
            )
            remedy = "read what it says; nothing is half-published"
            return HubError(f"the Hub {what}: {said}", where=self._name, remedy=remedy)
        return HubError(
            f"the Hub cannot be reached: {said}",
            where=self._name,
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
    while error is not None:
        if _is_offline(error):
            return False
        kinds = {kind.__module__.split(".")[0] for kind in type(error).__mro__}
        if isinstance(error, ConnectionError | TimeoutError) or kinds & _NETWORK:
            return True
        error = error.__cause__
    return False


def _is_offline(error: BaseException | None) -> bool:
    """Say whether an error, or one behind it, is that the client may not use the network."""
    from huggingface_hub import errors

    while error is not None:
        if isinstance(error, errors.OfflineModeIsEnabled):
            return True
        error = error.__cause__
    return False
