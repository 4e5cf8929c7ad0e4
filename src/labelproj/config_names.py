"""The names of languages, aligners and methods in ``params.yaml``, checked before anything runs."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from labelproj.errors import UnknownLanguageError
from labelproj.languages import iso_code
from labelproj.sections import ALIGNERS

__all__ = ["strange_languages", "strange_names"]

#: What an ensemble may have for members, and what gold pairs may be measured with.
_MEMBERS = (*ALIGNERS, "constrained", "markers")
_METHODS = ("alignment", "ensemble", "constrained", *ALIGNERS)

Strange = tuple[tuple[str, ...], str, tuple[str, ...]]


def strange_languages(
    source: str, targets: Sequence[str], *, gold: Sequence[str] = (), pairs: Sequence[str] = ()
) -> Iterator[tuple[tuple[str | int, ...], str, str]]:
    """Yield language codes that there are not, that are there twice, or that do not go together.

    ``gold`` are the keys of the section ``gold``: a target has to be called the same there. A
    language that is no target may have gold data, which are not read. ``pairs`` are those of
    ``filter.pairs``. Each comes with its keys in ``params.yaml``, what is wrong, and what to do.
    """
    seen: set[str] = set()
    keys: tuple[str | int, ...]
    for place, code in enumerate((source, *targets)):
        keys = ("languages", "targets", place - 1) if place else ("languages", "source")
        try:
            known = iso_code(code)
        except UnknownLanguageError as error:
            yield keys, error.message, str(error.remedy)
            continue
        if place and known in seen:
            yield keys, f"{code!r} is there twice", "leave one out"
        if place:
            seen.add(known)
    names = {iso_code(code): code for code in targets if _is_language(code)}
    for code in gold:
        if not _is_language(code):
            yield ("gold", code), f"{code!r} is no ISO 639 language code", "name a target language"
        elif code not in targets and iso_code(code) in names:
            name = names[iso_code(code)]
            yield ("gold", code), f"the target is called {name!r}", "write the same code in both"
    for pair in pairs:
        parts = pair.split("-")
        cuts = (("-".join(parts[:n]), "-".join(parts[n:])) for n in range(1, len(parts)))
        if not any(_is_language(one) and _is_language(other) for one, other in cuts):
            yield ("filter", "pairs", pair), "is no pair of languages", "write it as en-ha"


def _is_language(code: str) -> bool:
    try:
        return bool(iso_code(code))
    except UnknownLanguageError:
        return False


def strange_names(
    aligner: str,
    members: Sequence[str],
    methods: Sequence[str] | Mapping[Any, Sequence[str]],
) -> Iterator[Strange]:
    """Yield names that nothing has: their keys in ``params.yaml``, the name, and the known ones.

    ``aligner`` is ``project.align.name``, ``members`` ``project.members`` and ``methods``
    ``evaluate.methods``, which may be a mapping from tasks. Behind a name there may be ``:MODEL``.
    """
    if aligner not in ALIGNERS:
        yield ("project", "align", "name"), aligner, ALIGNERS
    listed: list[tuple[tuple[str, ...], Sequence[str], tuple[str, ...]]]
    listed = [(("project", "members"), members, _MEMBERS)]
    if isinstance(methods, Mapping):
        listed += [(("evaluate", "methods", str(k)), own, _METHODS) for k, own in methods.items()]
    else:
        listed.append((("evaluate", "methods"), methods, _METHODS))
    for keys, names, known in listed:
        for name in names:
            if name.partition(":")[0] not in known:
                yield keys, name, known
