"""The section ``train`` of ``params.yaml``."""

from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, field_validator, model_validator

from labelproj.config_errors import said
from labelproj.sections import Count, OptimizerName, Section, Share, TaskName

__all__ = [
    "OWN",
    "AdaptParams",
    "AugmentParams",
    "LoraParams",
    "MixParams",
    "PartParams",
    "SystemName",
    "TierWeights",
    "TrainParams",
    "TrimParams",
]

#: What stands in ``train.mix`` for data of the project's own.
OWN = ("projected", "source")

#: What a downstream model can be trained on; labelproj.train.recipes says what each of them is.
SystemName = Literal[
    "projected",
    "projected+source",
    "projected+augmented",
    "multi-source",
    "few-shot",
    "zero-shot",
    "translate-test",
    "ensemble",
    "gold",
]


class LoraParams(Section):
    """Low-rank adapters of rank ``r`` (``train.lora``), trained in the place of all weights."""

    r: Count = 16
    alpha: Count = 32
    dropout: Share = 0.05


class TrimParams(Section):
    """An encoder with the vocabulary of all training texts and of ``texts`` (``train.trim``)."""

    texts: tuple[str, ...] = ()


class AdaptParams(Section):
    """Masked language modelling on unlabelled ``texts`` before fine-tuning (``train.adapt``)."""

    texts: Annotated[tuple[str, ...], Field(min_length=1)]
    steps: Count = 1000
    batch_words: Count = 4000
    learning_rate: float = Field(default=5e-5, gt=0.0)


class PartParams(Section):
    """Labelled data of a mixture: ``projected``, ``source``, or a file in any readable format.

    ``lang`` is the language of a file, ``weight`` multiplies its share.
    """

    data: str
    lang: str | None = None
    weight: float = Field(default=1.0, gt=0.0)
    licence: str | None = None


class MixParams(Section):
    """What the system ``multi-source`` is trained on (``train.mix``).

    A part's share is its weight times its words to the power of 1 / ``temperature``.
    """

    parts: Annotated[tuple[PartParams, ...], Field(min_length=1)]
    temperature: float = Field(default=1.0, gt=0.0)


class TierWeights(Section):
    """How much an example of each tier counts."""

    A: Share = 1.0
    B: Share = 0.6
    C: Share = 0.3

    def of(self, tier: str) -> float:
        """Return the weight of ``tier``."""
        return {"A": self.A, "B": self.B, "C": self.C}[tier]


class AugmentParams(Section):
    """More training examples made of the projected ones: the system ``projected+augmented``.

    ``code-switch`` puts source words in the places of labelled spans, and with ``fragments`` of
    other aligned words, of a target text; with ``matrix: source`` target words into a source
    text. ``names`` puts other names of the same label in: from the list ``names`` (``LABEL``,
    TAB, name), null: from the training data's own spans. Each method makes ``copies`` of every
    document, in which ``share`` of the places have changed.
    """

    methods: tuple[Literal["code-switch", "names"], ...] = ("code-switch",)
    matrix: Literal["target", "source"] = "target"
    fragments: bool = False
    names: str | None = None
    copies: Count = 1
    share: Share = 0.5

    @field_validator("methods")
    @classmethod
    def _some(cls, methods: tuple[str, ...]) -> tuple[str, ...]:
        if not methods or len(set(methods)) < len(methods):
            raise ValueError("one method at least, each once")
        return methods


class TrainParams(Section):
    """The downstream model and the systems to train: ``projected`` and the baselines.

    A system whose data are not given is not trained. ``learning_rate`` null means 1e-3 for
    models made from scratch and 5e-5 for a pretrained encoder. Adapters are trained with AdamW,
    whatever ``optimizer`` is. ``seeds`` go before ``seed``: every system is trained with each
    of them. ``few_shot`` is the number of gold documents of the system ``few-shot``. ``jobs``
    systems are trained at a time, each with its share of the cores. With ``weights: score``
    projected examples count by their projection score, with ``tier`` by ``tier_weights`` where
    the task has tiers. ``average`` checkpoints are averaged; 1 keeps the best one on
    development data, null averages 5 for an encoder whose development data have no labels by
    people in the target language. ``average_runs`` adds the mean of each system's runs as a
    system of its own. ``lora`` trains adapters of a pretrained encoder, which are merged into
    it in the end; before, ``trim`` takes tokens away and ``adapt`` lets it read. ``{tgt}`` in
    their texts is the target. ``tasks`` has parameters that are others for one task.
    """

    backend: Literal["spacy", "transformers"] = "spacy"
    model: str | None = None
    systems: tuple[SystemName, ...] = ("projected", "zero-shot", "gold")
    max_steps: Count = 600
    batch_words: Count = 1000
    optimizer: OptimizerName = "adamw"
    learning_rate: float | None = None
    dropout: Share = 0.2
    patience: Count = 4
    eval_every: Count = 100
    max_length: Count = 256
    seed: int = 13
    seeds: tuple[int, ...] = ()
    jobs: Count = 1
    few_shot: Count = 50
    weights: Literal["none", "score", "tier"] = "none"
    tier_weights: TierWeights = TierWeights()
    label_smoothing: Share = 0.0
    average: Count | None = None
    average_runs: bool = False
    lora: LoraParams | None = None
    trim: TrimParams | None = None
    adapt: AdaptParams | None = None
    mix: MixParams | None = None
    augment: AugmentParams = AugmentParams()
    tasks: dict[TaskName, dict[str, Any]] = Field(default_factory=dict)

    def seen_from(self, path: Callable[[str], str]) -> "TrainParams":
        """Return the same parameters with ``path`` of every file in them."""
        changed: dict[str, Section] = {}
        if self.augment.names is not None:
            names = {"names": path(self.augment.names)}
            changed["augment"] = self.augment.model_copy(update=names)
        for name in ("trim", "adapt"):
            part = getattr(self, name)
            if part is not None:
                changed[name] = part.model_copy(update={"texts": tuple(map(path, part.texts))})
        if self.mix is not None:
            parts = [
                one if one.data in OWN else one.model_copy(update={"data": path(one.data)})
                for one in self.mix.parts
            ]
            changed["mix"] = self.mix.model_copy(update={"parts": tuple(parts)})
        return self.model_copy(update=changed)

    def of_task(self, task: str) -> "TrainParams":
        """Return the parameters of a task: those of all, and over them its own."""
        own = {str(name): values for name, values in self.tasks.items()}.get(task, {})
        return TrainParams.model_validate(self.model_dump(exclude={"tasks"}) | own)

    @model_validator(mode="after")
    def _own_fit_too(self) -> "TrainParams":
        for task, own in self.tasks.items():
            if "tasks" in own:
                raise ValueError(f"tasks.{task}.tasks: a task has no tasks of its own")
            try:
                self.of_task(task)
            except ValidationError as error:
                raise ValueError(said(error.errors()[0], TrainParams, f"tasks.{task}.")) from None
        return self

    @model_validator(mode="after")
    def _fits_backend(self) -> "TrainParams":
        if self.label_smoothing and self.backend == "spacy":
            raise ValueError("label_smoothing needs the backend transformers")
        if self.optimizer != "adamw" and self.backend == "spacy":
            raise ValueError("optimizer needs the backend transformers")
        if self.average_runs and self.backend == "spacy":
            raise ValueError("average_runs needs the backend transformers")
        if self.average_runs and len(self.seeds) < 2:
            raise ValueError("average_runs needs two seeds or more")
        return self

    @model_validator(mode="after")
    def _pretrained(self) -> "TrainParams":
        asked = [name for name in ("lora", "trim", "adapt") if getattr(self, name) is not None]
        if asked and (self.backend == "spacy" or self.model is None):
            raise ValueError(f"{asked[0]} needs a pretrained encoder: backend transformers, model")
        return self

    @model_validator(mode="after")
    def _mixture(self) -> "TrainParams":
        if "multi-source" in self.systems and self.mix is None:
            raise ValueError("the system 'multi-source' needs mix.parts")
        return self

    @model_validator(mode="after")
    def _ensemble(self) -> "TrainParams":
        if "ensemble" not in self.systems:
            return self
        if self.backend == "spacy":
            raise ValueError(
                "the system 'ensemble' averages probabilities, and spaCy's parser has none: it "
                "needs the backend transformers"
            )
        missing = {"projected", "translate-test"} - set(self.systems)
        if missing:
            raise ValueError(
                f"the system 'ensemble' is made of two others: add {', '.join(sorted(missing))}"
            )
        return self

    @field_validator("seeds")
    @classmethod
    def _different(cls, seeds: tuple[int, ...]) -> tuple[int, ...]:
        if len(set(seeds)) < len(seeds):
            raise ValueError("the same seed twice is the same model twice")
        return seeds
