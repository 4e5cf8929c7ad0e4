"""The published SimAlign package as a backend: slow, one pair at a time; the tests' oracle."""

from collections.abc import Sequence

from labelproj.align.base import AlignedPair, Corpus, Link, TokenPair
from labelproj.align.states import check_layer, read_config
from labelproj.errors import DependencyError, UsageError

__all__ = ["SimAlignAligner"]

_LETTER = {"inter": "a", "itermax": "i", "match": "m"}
_LAYER = 8
_RESULT = {"inter": "inter", "itermax": "itermax", "match": "mwmf"}


class SimAlignAligner:
    """Aligns with simalign 0.4; pairs it raises on get no links and its complaint as status."""

    name = "simalign"

    def __init__(self, *, model: str, layer: int | None = None, matching: str = "itermax"):
        """Raises DependencyError, ModelNotFoundError and UsageError (no encoder alone; no layer).

        The package itself would find fault with each pair alone, and align none.
        """
        try:
            from simalign import SentenceAligner
        except ImportError as error:
            raise DependencyError(
                "simalign is not installed", remedy="pip install 'labelproj[simalign]'"
            ) from error
        layer = _LAYER if layer is None else layer
        config, layers = read_config(model)
        if config.is_encoder_decoder:
            raise UsageError(
                f"simalign needs an encoder, and {model} has a decoder, too",
                remedy="use --aligner embedding, which takes the encoder of such a model",
            )
        check_layer(model, layer, layers)
        self._matching = matching
        self._params: dict[str, object] = {
            "name": self.name,
            "model": model,
            "layer": layer,
            "matching": matching,
        }
        self._aligner = SentenceAligner(
            model=model, layer=layer, matching_methods=_LETTER[matching]
        )

    def params(self) -> dict[str, object]:
        """Return what shapes the links."""
        return self._params

    def fit(self, corpus: Corpus) -> None:
        """Do nothing: the encoder comes trained."""

    def align(self, pairs: Sequence[TokenPair]) -> list[AlignedPair]:
        """Return the links of each pair."""
        return [self._one(pair) for pair in pairs]

    def _one(self, pair: TokenPair) -> AlignedPair:
        if not pair.src or not pair.tgt:
            return AlignedPair((), "empty")
        try:
            found = self._aligner.get_word_aligns(list(pair.src), list(pair.tgt))
        except (IndexError, ValueError, RuntimeError) as error:
            return AlignedPair((), f"simalign: {error}")
        links = tuple(Link(i, j, 1.0) for i, j in found[_RESULT[self._matching]])
        return AlignedPair(links)
