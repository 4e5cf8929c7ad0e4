"""Language identification: CLD2 (comes with the package pycld2) or a fastText model.

GlotLID (Kargaran et al. 2023, about 2,000 languages) is a fastText model; so are lid.176 and
OpenLID. CLD2 knows 165 languages, Hausa among them.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import regex

from labelproj.errors import DependencyError, ModelNotFoundError
from labelproj.languages import iso_code
from labelproj.progress import log

__all__ = ["Cld2", "FastText", "Identifier", "open_identifier"]

#: Letters of fewer bytes than this (in UTF-8) say nothing certain.
FEWEST = 6
_LETTERS = regex.compile(r"\p{L}")
#: CLD2 stops at control characters, which it takes for broken text.
_CONTROL = regex.compile(r"\p{C}")
#: Codes of CLD2 that are not those of today.
_OLD = {"iw": "he", "jw": "jv", "in": "id", "no": "nb"}
#: fastText: the labels looked at, from the most probable.
_LABELS = 8


class Identifier(Protocol):
    """Says how far texts are in another language than a given one."""

    def knows(self, language: str) -> bool:
        """Say whether the language is among those it can find."""

    def otherness(self, texts: Sequence[str], language: str) -> list[float | None]:
        """Return for each text how far it is in another language, 0 to 1; None if too short."""


class Cld2:
    """CLD2, asked twice: told which language to expect, and not told. The mean of both counts.

    Raises DependencyError without pycld2.
    """

    def __init__(self) -> None:
        try:
            import pycld2
        except ImportError as error:
            raise DependencyError(
                "identifying languages needs pycld2 or a fastText model",
                remedy="pip install 'labelproj[quality]'",
            ) from error
        self._cld2: Any = pycld2
        detected = set(pycld2.DETECTED_LANGUAGES)
        self._known = {_plain(code) for name, code in pycld2.LANGUAGES if name in detected}

    def knows(self, language: str) -> bool:
        """Say whether CLD2 detects it."""
        return _plain(iso_code(language)) in self._known

    def otherness(self, texts: Sequence[str], language: str) -> list[float | None]:
        """Return the share of each text that CLD2 takes for another language.

        Short texts are often 0.5: another language unless one expects this one.
        """
        code = _plain(iso_code(language))
        return [self._one(text, code) for text in texts]

    def _one(self, text: str, code: str) -> float | None:
        if not _enough(text):
            return None
        plain = _CONTROL.sub(" ", text)
        values = []
        for hint in (code, None):
            try:
                found = self._cld2.detect(plain, hintLanguage=hint, bestEffort=True)[2]
            except self._cld2.error:  # a sign it does not take for text
                return None
            shares: dict[str, int] = {}
            for _, name, percent, _ in found:
                if name != "un":
                    shares[_plain(name)] = shares.get(_plain(name), 0) + percent
            total = sum(shares.values())
            if total:
                values.append(1.0 - shares.get(code, 0) / total)
        return sum(values) / len(values) if values else None


class FastText:
    """A fastText model of languages: labels such as ``__label__hau_Latn`` or ``__label__ha``.

    Raises DependencyError without fastText and ModelNotFoundError.
    """

    def __init__(self, path: Path):
        try:
            import fasttext
        except ImportError as error:
            raise DependencyError(
                "a fastText language model needs fastText",
                remedy="pip install 'labelproj[glotlid]'",
            ) from error
        if not path.is_file():
            raise ModelNotFoundError(
                "no such language model",
                where=str(path),
                remedy="filter.language_model is the path of a fastText .bin or .ftz file",
            )
        try:
            self._model: Any = fasttext.load_model(str(path))
        except ValueError as error:
            raise ModelNotFoundError(f"not a fastText model: {error}", where=str(path)) from error
        self._codes = {label: _label_code(label) for label in self._model.get_labels()}

    def knows(self, language: str) -> bool:
        """Say whether a label of the model is of this language."""
        return iso_code(language) in self._codes.values()

    def otherness(self, texts: Sequence[str], language: str) -> list[float | None]:
        """Return 1 less the probability of the language."""
        code = iso_code(language)
        values: list[float | None] = []
        for text in texts:
            if not _enough(text):
                values.append(None)
                continue
            # The wrapper's own predict fails with NumPy 2; this is what it calls.
            found = self._model.f.predict(" ".join(text.split()) + "\n", _LABELS, 0.0, "strict")
            mine = sum(float(p) for p, label in found if self._codes.get(label) == code)
            values.append(min(1.0, max(0.0, 1.0 - mine)))
        return values


def _enough(text: str) -> bool:
    letters = "".join(_LETTERS.findall(text))
    return len(letters.encode("utf-8", "surrogatepass")) >= FEWEST


def _label_code(label: str) -> str | None:
    from labelproj.errors import UnknownLanguageError

    try:
        return iso_code(label.removeprefix("__label__"))
    except UnknownLanguageError:
        return None


def _plain(code: str) -> str:
    short = code.lower().split("-")[0]
    return _OLD.get(short, short)


def open_identifier(model: str | None, *, language: str) -> Identifier | None:
    """Return the fastText model at a path, or CLD2; None where it does not know ``language``.

    A model that was asked for must be there; without pycld2 there is no identifier, and a
    message says so.
    """
    identifier: Identifier
    if model is not None:
        identifier = FastText(Path(model))
    else:
        try:
            identifier = Cld2()
        except DependencyError as error:
            log.warning("languages are not checked: %s (%s)", error.message, error.remedy)
            return None
    if not identifier.knows(language):
        log.warning("languages are not checked: the identifier does not know %r", language)
        return None
    return identifier
