"""Downstream taggers behind one interface (:class:`labelproj.train.base.Tagger`)."""

import json
from pathlib import Path

from labelproj.errors import ModelNotFoundError
from labelproj.train.base import Tagger
from labelproj.train.spacy_ner import SpacyTagger
from labelproj.train.token_classification import TransformersTagger

__all__ = ["BACKENDS", "CARD", "load_tagger"]

#: Every backend by its name in ``params.yaml``.
BACKENDS: dict[str, type[Tagger]] = {
    "spacy": SpacyTagger,
    "transformers": TransformersTagger,
}
#: The file of a model folder that says which backend reads it.
CARD = "labelproj.json"


def load_tagger(folder: Path) -> Tagger:
    """Load a trained system of any backend. Raises ModelNotFoundError."""
    try:
        card = json.loads((folder / CARD).read_text(encoding="utf-8"))
        backend = BACKENDS[card["backend"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelNotFoundError(
            f"no trained system ({CARD} is missing or broken)",
            where=str(folder),
            remedy="run the train stage first",
        ) from error
    return backend.load(folder)
