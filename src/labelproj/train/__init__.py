"""Downstream taggers behind one interface (:class:`labelproj.train.base.Tagger`)."""

import json
from pathlib import Path

from labelproj.errors import ModelNotFoundError, UsageError
from labelproj.train.base import Tagger
from labelproj.train.spacy_ner import SpacyTagger
from labelproj.train.token_classification import TransformersTagger

__all__ = ["BACKENDS", "CARD", "ENSEMBLE", "load_tagger"]

#: Every backend by its name in ``params.yaml``.
BACKENDS: dict[str, type[Tagger]] = {
    "spacy": SpacyTagger,
    "transformers": TransformersTagger,
}
#: The file of a model folder that says which backend reads it.
CARD = "labelproj.json"
#: What the file says in the place of a backend where two other systems answer together.
ENSEMBLE = "ensemble"


def load_tagger(folder: Path) -> Tagger:
    """Load a trained system of any backend. Raises ModelNotFoundError, UsageError (ensemble)."""
    try:
        card = json.loads((folder / CARD).read_text(encoding="utf-8"))
        if card["backend"] == ENSEMBLE:
            raise UsageError(
                "two models that answer together are no model of their own",
                where=str(folder),
                remedy=f"use one of them: {', '.join(card['members'])}",
            )
        backend = BACKENDS[card["backend"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelNotFoundError(
            f"no trained system ({CARD} is missing or broken)",
            where=str(folder),
            remedy="run the train stage first",
        ) from error
    return backend.load(folder)
