"""Opening a model that labels texts: a trained system, a spaCy pipeline, a token classifier."""

from dataclasses import dataclass
from pathlib import Path

from labelproj.errors import ModelError, UsageError
from labelproj.provenance import file_digest
from labelproj.train import CARD, load_tagger
from labelproj.train.base import Tagger
from labelproj.train.spacy_ner import SpacyTagger
from labelproj.train.token_classification import TransformersTagger
from labelproj.translate.hub import find_model

__all__ = ["Labeller", "open_labeller"]


@dataclass(frozen=True, slots=True)
class Labeller:
    """A model that finds spans, and what is to be said of it.

    ``name`` is a folder's name or a Hub id, ``revision`` the Hub's, ``digest`` stands for its
    files.
    """

    tagger: Tagger
    name: str
    revision: str | None
    digest: str

    def note(self) -> dict[str, object]:
        """Return what a manifest says of it."""
        return {
            "name": self.name,
            "revision": self.revision,
            "digest": self.digest,
            "labels": list(self.tagger.labels),
        }


def open_labeller(model: str) -> Labeller:
    """Open a system that the train stage wrote, a spaCy pipeline or a Hugging Face model.

    ``model`` is a folder or a Hub id. Raises ModelNotFoundError, HubError, UsageError for a
    folder of several systems, ModelError for a model that finds no spans, and DependencyError.
    """
    source = find_model(model)
    folder = source.folder
    systems = sorted(card.parent.name for card in folder.glob(f"*/{CARD}"))
    if systems and not (folder / CARD).is_file():
        raise UsageError(
            "several models are in it" if len(systems) > 1 else "the model is one folder further",
            where=model,
            remedy=f"name one of them: {', '.join(str(Path(model) / name) for name in systems)}",
        )
    tagger: Tagger
    if (folder / CARD).is_file():
        tagger = load_tagger(folder)
    elif (folder / "config.cfg").is_file():
        tagger = SpacyTagger.load(folder)
    else:
        tagger = TransformersTagger.load(folder)
    if not tagger.labels:
        raise ModelError("it has no labels to give", where=model, remedy="use another model")
    return Labeller(tagger, source.name, source.revision, file_digest(folder))
