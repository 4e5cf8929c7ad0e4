"""Links that come from elsewhere: with the records, or in a file, in the Pharaoh format."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from labelproj.align.base import AlignedPair, Corpus, TokenPair
from labelproj.align.lexicon import Lexicon
from labelproj.errors import FormatError, MissingInputError
from labelproj.provenance import text_digest

__all__ = ["GivenAligner", "read_pharaoh"]


class GivenAligner:
    """Gives the links it was given for a pair, weighed by what all of them together say.

    A pair without links of its own gets the status ``no links given``.
    """

    def __init__(self, name: str, links: Mapping[TokenPair, str]):
        """Take the links of each pair as ``i-j i-j …``; links outside their pair are dropped."""
        self.name = name
        self._links = {pair: _parsed(text, pair) for pair, text in links.items()}
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


def _parsed(text: str, pair: TokenPair) -> dict[tuple[int, int], float]:
    links = {}
    for link in text.split():
        src, dash, tgt = link.partition("-")
        if not (dash and src.isdigit() and tgt.isdigit()):
            raise FormatError(
                f"{link!r} is not a link", remedy="links are written i-j, both from 0"
            )
        if int(src) < len(pair.src) and int(tgt) < len(pair.tgt):
            links[int(src), int(tgt)] = 1.0
    return links


def read_pharaoh(path: Path, pairs: Iterable[TokenPair]) -> dict[TokenPair, str]:
    """Read a file of links, a line a pair in the order of ``pairs``.

    Raises MissingInputError and FormatError (other numbers of lines and pairs).
    """
    if not path.is_file():
        raise MissingInputError("no such file", where=str(path))
    lines = path.read_text(encoding="utf-8").splitlines()
    known = list(pairs)
    if len(lines) != len(known):
        raise FormatError(f"{len(lines)} lines of links for {len(known)} pairs", where=str(path))
    return dict(zip(known, lines, strict=True))
