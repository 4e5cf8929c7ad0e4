"""Licences: which ones are known, and which may be given to data made from others.

The table is short on purpose: the licences that corpora and translation models come under. It
follows the licences' own words: what is share-alike goes on under the same licence, what is
non-commercial stays so, what forbids derivatives cannot be translated and published, and no
licence may ask for less than one that it builds on. It is a help, no legal advice.

Sources: https://spdx.org/licenses, https://huggingface.co/docs/hub/repositories-licenses,
https://creativecommons.org/faq (which licence for adaptations).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from labelproj.errors import CheckFailedError, UsageError
from labelproj.progress import log

__all__ = ["LICENCES", "Decision", "Licence", "decide_licence", "find_licence"]

#: Words of a licence id that say nobody knows.
_UNKNOWN = frozenset({"", "unknown", "other", "none", "not-given", "noassertion"})


@dataclass(frozen=True, slots=True)
class Licence:
    """One licence: its Hub id, its SPDX id, how strict it is, and what it asks for.

    ``rank`` orders licences from free (0) to strict (5). ``same`` holds the Hub ids that a
    share-alike licence lets its derivatives have (empty: any that is as strict).
    """

    id: str
    spdx: str
    rank: int
    non_commercial: bool = False
    no_derivatives: bool = False
    same: frozenset[str] = frozenset()


def _share_alike(identifier: str, spdx: str, rank: int, *later: str, nc: bool = False) -> Licence:
    return Licence(identifier, spdx, rank, non_commercial=nc, same=frozenset({identifier, *later}))


#: Every licence that can be compared, by its id on the Hub.
LICENCES: Mapping[str, Licence] = {
    licence.id: licence
    for licence in (
        Licence("cc0-1.0", "CC0-1.0", 0),
        Licence("pddl", "PDDL-1.0", 0),
        Licence("unlicense", "Unlicense", 0),
        Licence("mit", "MIT", 1),
        Licence("isc", "ISC", 1),
        Licence("bsd-2-clause", "BSD-2-Clause", 1),
        Licence("bsd-3-clause", "BSD-3-Clause", 1),
        Licence("apache-2.0", "Apache-2.0", 1),
        Licence("cdla-permissive-2.0", "CDLA-Permissive-2.0", 1),
        Licence("cc-by-2.0", "CC-BY-2.0", 2),
        Licence("cc-by-2.5", "CC-BY-2.5", 2),
        Licence("cc-by-3.0", "CC-BY-3.0", 2),
        Licence("cc-by-4.0", "CC-BY-4.0", 2),
        Licence("odc-by", "ODC-By-1.0", 2),
        _share_alike("cc-by-sa-3.0", "CC-BY-SA-3.0", 3, "cc-by-sa-4.0"),
        _share_alike("cc-by-sa-4.0", "CC-BY-SA-4.0", 3, "gpl-3.0"),
        _share_alike("odbl", "ODbL-1.0", 3),
        _share_alike("gpl-3.0", "GPL-3.0-only", 3, "agpl-3.0"),
        _share_alike("agpl-3.0", "AGPL-3.0-only", 3),
        Licence("cc-by-nc-2.0", "CC-BY-NC-2.0", 4, non_commercial=True),
        Licence("cc-by-nc-3.0", "CC-BY-NC-3.0", 4, non_commercial=True),
        Licence("cc-by-nc-4.0", "CC-BY-NC-4.0", 4, non_commercial=True),
        _share_alike("cc-by-nc-sa-3.0", "CC-BY-NC-SA-3.0", 5, "cc-by-nc-sa-4.0", nc=True),
        _share_alike("cc-by-nc-sa-4.0", "CC-BY-NC-SA-4.0", 5, nc=True),
        Licence("cc-by-nd-4.0", "CC-BY-ND-4.0", 5, no_derivatives=True),
        Licence("cc-by-nc-nd-4.0", "CC-BY-NC-ND-4.0", 5, non_commercial=True, no_derivatives=True),
    )
}
_BY_SPDX = {licence.spdx.lower(): licence for licence in LICENCES.values()}


@dataclass(frozen=True, slots=True)
class Decision:
    """The licence of a release, and why.

    ``strictest`` is the Hub id that the inputs lead to (None where one of them cannot be
    compared), ``licence`` what the release gets, ``compared`` whether all was compared,
    ``inputs`` the licence of each input as it was given.
    """

    licence: str
    strictest: str | None
    compared: bool
    inputs: Mapping[str, str]


def find_licence(text: str | None) -> Licence | None:
    """Return the licence that an id means: a Hub id or an SPDX id, in any case.

    ``CC BY-NC 4.0`` and ``Apache 2.0`` are read too. None where the table does not have it, or
    where no version is said.
    """
    key = re.sub(r"[\s_]+", "-", (text or "").strip().lower())
    key = key.removesuffix("-international").removesuffix("-license")
    return LICENCES.get(key) or _BY_SPDX.get(key)


def decide_licence(inputs: Mapping[str, str | None], *, asked: str | None) -> Decision:
    """Return the licence of what is made from ``inputs`` (what it is -> its licence).

    Without ``asked`` it is the freest licence that all inputs allow. Raises UsageError where the
    licence of an input is not known or cannot be compared and nothing is asked for, and
    CheckFailedError where an input forbids what is asked for or the inputs forbid each other.
    """
    given = {what: (text or "").strip() for what, text in inputs.items()}
    for what, text in given.items():
        if text.lower() in _UNKNOWN:
            raise UsageError(
                f"the licence of the {what} is not known",
                remedy="state it: build.source_licence or mt.licence in params.yaml, or "
                "--source-licence, --mt-licence, --model-licence, --gold-licence; of a part of "
                "train.mix, licence beside data",
            )
    wanted = find_licence(asked)
    strange = [what for what, text in given.items() if find_licence(text) is None]
    if asked and wanted is None:
        strange.append("release")
    if strange:
        return _uncompared(given, strange, asked=asked, wanted=wanted)
    known = {what: licence for what, text in given.items() if (licence := find_licence(text))}
    strictest = _strictest(known)
    if wanted is not None:
        for what, licence in known.items():
            if reason := _forbids(licence, wanted):
                raise CheckFailedError(
                    f"the {what} is under {licence.spdx}, {reason}: "
                    f"the release cannot be under {wanted.spdx}",
                    remedy=f"release it under {LICENCES[strictest].spdx}, or leave that input out",
                )
    return Decision(wanted.id if wanted else strictest, strictest, True, given)


def _uncompared(
    given: Mapping[str, str], strange: list[str], *, asked: str | None, wanted: Licence | None
) -> Decision:
    """What cannot be compared is for a person to say; what can be is still looked at."""
    if not asked:
        named = ", ".join(f"{what}: {given[what]}" for what in strange)
        raise UsageError(
            f"not in the table of licences, so not compared: {named}",
            remedy="read it, then state the licence of the release with --licence",
        )
    for what, text in given.items():
        licence = find_licence(text)
        if licence and licence.no_derivatives:
            raise CheckFailedError(
                f"the {what} is under {licence.spdx}, which forbids to publish what is made of it",
                remedy="leave that input out",
            )
        if licence and wanted and (reason := _forbids(licence, wanted)):
            raise CheckFailedError(
                f"the {what} is under {licence.spdx}, {reason}: "
                f"the release cannot be under {wanted.spdx}",
                remedy="ask for another licence, or leave that input out",
            )
    chosen, unknown = wanted.id if wanted else asked, ", ".join(strange)
    log.warning("%s is stated, not compared: not in the table: licence of %s", chosen, unknown)
    return Decision(chosen, None, False, given)


def _strictest(known: Mapping[str, Licence]) -> str:
    """Return the freest licence that every one of ``known`` allows."""
    own = sorted(set(known.values()), key=lambda licence: (licence.rank, licence.id))
    others = sorted(LICENCES.values(), key=lambda licence: (licence.rank, licence.id))
    # One of the inputs' own licences where that will do: no other is as well understood.
    for licence in [*own, *others]:
        if not any(_forbids(one, licence) for one in own):
            return licence.id
    named = " and ".join(f"{what} ({licence.spdx})" for what, licence in known.items())
    raise CheckFailedError(
        f"no licence is allowed by all of: {named}",
        remedy="leave one of them out, or ask its owner for another licence",
    )


def _forbids(source: Licence, wanted: Licence) -> str | None:
    """Say why something made from ``source`` may not be under ``wanted``; None where it may."""
    if source.no_derivatives:
        return "which forbids to publish what is made of it"
    if source.same and wanted.id not in source.same:
        return "which asks for the same licence"
    if source.non_commercial and not wanted.non_commercial:
        return "which forbids commercial use"
    if wanted.rank < source.rank:
        return "which is stricter"
    return None
