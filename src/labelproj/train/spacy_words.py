"""A spaCy tokenizer that cuts a text as :func:`labelproj.text.words` does, in any language.

With it a tagger has the same tokens as its scores, and languages that spaCy has no tokenizer
for (or only with another package: Thai, Japanese, Vietnamese) work like all others.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from labelproj.text import words

__all__ = ["NAME", "WordsTokenizer", "register", "words_tokenizer"]

#: The name in spaCy's registry and in the configuration of saved pipelines.
NAME = "labelproj.words.v1"


class WordsTokenizer:
    """Make ``Doc`` s whose tokens are words, and white space beyond one space between them."""

    def __init__(self, vocab: Any):
        self.vocab = vocab

    def __call__(self, text: str) -> Any:
        """Return a ``Doc`` with ``doc.text == text``."""
        from spacy.tokens import Doc

        tokens: list[str] = []
        spaces: list[bool] = []
        at = 0
        for start, end in [*words(text), (len(text), len(text))]:
            gap = text[at:start]
            if tokens and gap.startswith(" "):
                spaces[-1] = True
                gap = gap[1:]
            if gap:
                tokens.append(gap)
                spaces.append(False)
            if start < end:
                tokens.append(text[start:end])
                spaces.append(False)
            at = end
        return Doc(self.vocab, words=tokens, spaces=spaces)

    # spaCy saves a tokenizer with its pipeline; this one has nothing to save.
    def to_bytes(self, **_: object) -> bytes:
        """Return nothing: there is no state."""
        return b""

    def from_bytes(self, _data: bytes, **_: object) -> "WordsTokenizer":
        """Return this tokenizer: there is no state."""
        return self

    def to_disk(self, _path: Path, **_: object) -> None:
        """Write nothing: there is no state."""

    def from_disk(self, _path: Path, **_: object) -> "WordsTokenizer":
        """Return this tokenizer: there is no state."""
        return self


def words_tokenizer() -> Callable[[Any], WordsTokenizer]:
    """Return what spaCy's registry wants: a function from a pipeline to its tokenizer."""
    return lambda nlp: WordsTokenizer(nlp.vocab)


def register() -> None:
    """Make the tokenizer known to spaCy under :data:`NAME`."""
    import spacy

    if NAME not in spacy.registry.tokenizers:
        spacy.registry.tokenizers.register(NAME, func=words_tokenizer)
