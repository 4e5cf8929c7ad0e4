"""Facebook's multilingual task-oriented utterances as lines (Schuster et al. 2019).

https://aclanthology.org/N19-1380; one utterance a line: ``token:tag token:tag … <=> intent``.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import regex

from labelproj.dialogue.schema import (
    EQUAL,
    Act,
    Constraint,
    Dialogue,
    Turn,
    dialogue_of,
    with_dialogue,
)
from labelproj.errors import LabelprojError
from labelproj.formats.base import Format, demand_format
from labelproj.formats.detokenize import detokenize
from labelproj.formats.lines import numbered_lines, open_output, stem_of
from labelproj.records import Document, Reject, Segment, Span
from labelproj.tags import iob2_from_spans, spans_from_tags
from labelproj.text import words

__all__ = ["Mtod", "is_mtod"]

_ARROW = " <=> "
#: How a reason begins where a line is not of this format at all.
_STRANGE = "no 'token:tag … <=> intent'"


#: An utterance: at least one ``token:tag``, and the intent.
_UTTERANCE = regex.compile(r"\S*:\S+( .*)? <=> \S*\s*")


def is_mtod(path: Path) -> bool:
    """Say whether the first line of a file that is not empty is of this format."""
    try:
        first = next((line for line in numbered_lines(path) if line.text.strip()), None)
    except LabelprojError:
        return False  # whoever reads it says what is wrong
    return first is not None and bool(_UTTERANCE.fullmatch(first.text))


@dataclass(frozen=True, slots=True)
class Mtod(Format):
    """One utterance a line, a dialogue of one turn each.

    Tags are IOB2; the intent is an act of the user, the labelled values are the state. Tokens are
    joined as people write; the line's own tokens are kept in the payload and written again where
    the text has not changed, else the text is cut into labelproj's words.
    """

    name: ClassVar[str] = "mtod"
    suffixes: ClassVar[tuple[str, ...]] = (".mtod.txt",)

    def read(self, source: str, *, lang: str) -> Iterator[Document | Reject]:
        """Yield one document a line; see :meth:`Format.read`."""
        return demand_format(
            self._documents(Path(source), lang),
            symptom=_STRANGE,
            remedy="each line is token:tag token:tag … <=> intent",
        )

    def _documents(self, path: Path, lang: str) -> Iterator[Document | Reject]:
        for line in numbered_lines(path):
            if not line.text.strip():
                continue
            name = f"{stem_of(path)}-{line.number}"
            try:
                if line.problem:
                    raise ValueError(line.problem)
                yield _document(name, line.text, lang)
            except ValueError as error:
                yield Reject(str(path), line.number, name, str(error), line.text)

    def write(self, documents: Iterable[Document], path: Path) -> int:
        """Write one line a segment of the user; see :meth:`Format.write`.

        An utterance without words is left out.
        """
        count = 0
        with open_output(path) as stream:
            for document in documents:
                turns = dialogue_of(document).turns if "dialogue" in document.payload else ()
                intents = {turn.user: turn.user_acts[0].act for turn in turns if turn.user_acts}
                for segment in document.segments:
                    if segment.role == "agent" or not segment.text.strip():
                        continue
                    pairs = _tokens(segment, document)
                    stream.write(" ".join(f"{token}:{tag}" for token, tag in pairs))
                    stream.write(f"{_ARROW}{intents.get(segment.id, '')}\n")
                count += 1
        return count


def _document(name: str, line: str, lang: str) -> Document:
    body, arrow, intent = line.rpartition(_ARROW)
    pairs = [token.rpartition(":") for token in body.split(" ") if token]
    if not arrow or not pairs or not all(colon for _, colon, _ in pairs):
        raise ValueError(_STRANGE)
    tokens = [token for token, _, _ in pairs]
    tags = [tag for _, _, tag in pairs]
    if not all(tokens):
        raise ValueError("a tag without a token")
    text, offsets = detokenize(tokens, lang=lang)
    spans = tuple(
        Span(f"0.user.{number}", s.start, s.end, s.label, s.surface(text))
        for number, s in enumerate(spans_from_tags(tags, offsets)[0])
    )
    state = tuple(Constraint("", s.label, EQUAL, (s.surface(text),)) for s in spans)
    turn = Turn(user="0.user", state=state, update=state, user_acts=(Act(intent.strip()),))
    payload = {"format": "mtod", "tokens": tokens, "tags": tags}
    segment = Segment("0.user", "user", text, spans)
    return Document(name, lang, (segment,), with_dialogue(payload, Dialogue((turn,))))


def _tokens(segment: Segment, document: Document) -> list[tuple[str, str]]:
    """Return tokens and tags: the line's own where they still make this text and these spans."""
    tokens, tags = document.payload.get("tokens"), document.payload.get("tags")
    if isinstance(tokens, list) and isinstance(tags, list) and len(tokens) == len(tags):
        text, offsets = detokenize(tokens, lang=document.lang)
        if text == segment.text:
            found = {(s.start, s.end, s.label) for s in spans_from_tags(tags, offsets)[0]}
            if found == {(s.start, s.end, s.label) for s in segment.spans}:
                return list(zip(tokens, tags, strict=True))
    places = words(segment.text)
    fresh, _ = iob2_from_spans(segment.spans, places)
    return [(segment.text[a:b], tag) for (a, b), tag in zip(places, fresh, strict=True)]
