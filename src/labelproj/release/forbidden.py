"""What must not stand in anything that is published: paths of a machine, tokens, addresses."""

from collections.abc import Iterator, Mapping, Sequence

import regex

from labelproj.errors import UsageError

__all__ = ["FORBIDDEN", "Forbidden"]

#: What is looked for, by name.
FORBIDDEN: Mapping[str, str] = {
    "local path": r"(?<![\w:/.])(?:/(?:home|Users|root|tmp|mnt|work|scratch|var|private|data|opt)"
    r"/[\w.-]+|[A-Z]:\\[\w.-]+)",
    "access token": r"\b(?:hf_[A-Za-z0-9]{20,}|gh[pousr]_[A-Za-z0-9]{20,}|AKIA[0-9A-Z]{16}"
    r"|sk-[A-Za-z0-9_-]{20,})\b|-----BEGIN [A-Z ]*PRIVATE KEY-----",
    "e-mail address": r"\b[\w.+-]+@[\w-]+\.[\w.-]*[A-Za-z]{2,}\b",
}


class Forbidden:
    """A set of patterns to look for.

    ``more`` are regular expressions to look for besides, ``allowed`` ones that a find may match
    as a whole. Raises UsageError for what is no regular expression.
    """

    def __init__(self, *, more: Sequence[str] = (), allowed: Sequence[str] = ()):
        patterns = dict(FORBIDDEN) | {f"forbidden string {one!r}": one for one in more}
        self._patterns = {name: _compiled(text) for name, text in patterns.items()}
        self._allowed = [_compiled(text) for text in allowed]

    def find(self, text: str) -> Iterator[tuple[str, str]]:
        """Yield the name and the text of each find; of a token only its first letters."""
        for name, pattern in self._patterns.items():
            for match in pattern.finditer(text):
                if any(allowed.fullmatch(match.group()) for allowed in self._allowed):
                    continue
                found = match.group()
                yield name, f"{found[:6]}…" if name == "access token" else found


def _compiled(text: str) -> regex.Pattern[str]:
    try:
        return regex.compile(text)
    except regex.error as error:
        raise UsageError(f"not a regular expression: {text!r}: {error}") from error
