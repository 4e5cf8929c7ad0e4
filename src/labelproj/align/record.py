"""Links that come from elsewhere: with the records, or in a file, in the Pharaoh format."""

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from labelproj.align.base import AlignedPair, Corpus, TokenPair
from labelproj.align.lexicon import Lexicon
from labelproj.errors import FormatError
from labelproj.formats.lines import numbered_lines
from labelproj.progress import log
from labelproj.provenance import text_digest

__all__ = ["GivenAligner", "read_pharaoh"]

_LINK = re.compile(r"([0-9]{1,9})-([0-9]{1,9})")


class GivenAligner:
    """Gives the links it was given for a pair, weighed by what all of them together say.

    A pair without links of its own gets the status ``no links given``.
    """

    def __init__(
        self,
        name: str,
        links: Mapping[TokenPair, str],
        *,
        places: Mapping[TokenPair, str] | None = None,
    ):
        """Take the links of each pair as ``i-j i-j …``; links outside their pair are dropped.

        ``places`` say where the links of each pair were read, for messages. Raises FormatError.
        """
        self.name = name
        known = places or {}
        self._links = {
            pair: _parsed(text, pair, where=known.get(pair)) for pair, text in links.items()
        }
        self._lexicon = Lexicon()
        for pair, votes in self._links.items():
            self._lexicon.add(pair, votes)

    def params(self) -> dict[str, object]:
        """Return what shapes the links."""
        parts = (f"{pair} {sorted(links)}" for pair, links in self._links.items())
        return {"name": self.name, "links": text_digest(*parts)}

    def fit(self, corpus: Corpus) -> None:
        """Do nothing: the links are there."""

    def align(self, pairs: Sequence[TokenPair]) -> list[AlignedPair]:
        """Return the links of each pair."""
        return [
            AlignedPair(self._lexicon.weigh(pair, self._links[pair]))
            if pair in self._links
            else AlignedPair((), "no links given")
            for pair in pairs
        ]


def _parsed(text: str, pair: TokenPair, *, where: str | None) -> dict[tuple[int, int], float]:
    links = {}
    outside = []
    for link in text.split():
        match = _LINK.fullmatch(link)
        if match is None:
            raise FormatError(
                f"{link[:40]!r} is not a link",
                where=where,
                remedy="links are written i-j, both from 0",
            )
        src, tgt = int(match[1]), int(match[2])
        if src < len(pair.src) and tgt < len(pair.tgt):
            links[src, tgt] = 1.0
        else:
            outside.append(link)
    if outside:
        log.warning(
            "%slinks that point at no word are left out: %s (there are %d and %d words)",
            f"{where}: " if where else "",
            " ".join(outside[:5]),
            len(pair.src),
            len(pair.tgt),
        )
    return links


def read_pharaoh(path: Path, pairs: Iterable[TokenPair]) -> dict[TokenPair, str]:
    """Read a file of links (gzip too), a line a pair in the order of ``pairs``.

    Raises MissingInputError and FormatError (a line that is not UTF-8, other numbers of lines and
    pairs).
    """
    lines = []
    for line in numbered_lines(path):
        if line.problem:
            raise FormatError(line.problem, where=f"{path}:{line.number}", remedy="make it UTF-8")
        lines.append(line.text)
    known = list(pairs)
    if len(lines) != len(known):
        raise FormatError(
            f"{len(lines)} lines of links for {len(known)} pairs",
            where=str(path),
            remedy="give a line for each pair in their order, an empty one where there is no "
            "link, and none for records that were left out",
        )
    return dict(zip(known, lines, strict=True))
