"""The section ``train`` of ``params.yaml``."""

from typing import Any, Literal

from pydantic import Field, ValidationError, field_validator, model_validator

from labelproj.sections import Count, Section, Share, TaskName

__all__ = ["SystemName", "TierWeights", "TrainParams"]

#: What a downstream model can be trained on; labelproj.train.recipes says what each of them is.
SystemName = Literal["projected", "projected+source", "few-shot", "zero-shot", "gold"]


class TierWeights(Section):
    """How much an example of each tier counts."""

    A: Share = 1.0
    B: Share = 0.6
    C: Share = 0.3

    def of(self, tier: str) -> float:
        """Return the weight of ``tier``."""
        return {"A": self.A, "B": self.B, "C": self.C}[tier]


class TrainParams(Section):
    """The downstream model and the systems to train: ``projected`` and the baselines.

    A system whose data are not given is not trained. ``learning_rate`` null means 1e-3 for
    models made from scratch and 5e-5 for a pretrained encoder. ``seeds`` go before ``seed``:
    every system is trained with each of them. ``few_shot`` is the number of gold documents of
    the system ``few-shot``. With ``weights: score`` projected examples count by their projection
    score, with ``tier`` by ``tier_weights`` where the task has tiers. ``average`` checkpoints are
    averaged; 1 keeps the best one on development data, null averages 5 for an encoder whose
    development data have no labels by people in the target language. ``average_runs`` adds the
    mean of each system's runs as a system of its own. ``tasks`` has parameters that are others
    for one task.
    """

    backend: Literal["spacy", "transformers"] = "spacy"
    model: str | None = None
    systems: tuple[SystemName, ...] = ("projected", "zero-shot", "gold")
    max_steps: Count = 600
    batch_words: Count = 1000
    learning_rate: float | None = None
    dropout: Share = 0.2
    patience: Count = 4
    eval_every: Count = 100
    max_length: Count = 256
    seed: int = 13
    seeds: tuple[int, ...] = ()
    few_shot: Count = 50
    weights: Literal["none", "score", "tier"] = "none"
    tier_weights: TierWeights = TierWeights()
    label_smoothing: Share = 0.0
    average: Count | None = None
    average_runs: bool = False
    tasks: dict[TaskName, dict[str, Any]] = Field(default_factory=dict)

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
                first = error.errors()[0]
                key = ".".join(str(part) for part in ("tasks", task, *first["loc"]))
                raise ValueError(f"{key}: {first['msg']}") from None
        return self

    @model_validator(mode="after")
    def _fits_backend(self) -> "TrainParams":
        if self.label_smoothing and self.backend == "spacy":
            raise ValueError("label_smoothing needs the backend transformers")
        if self.average_runs and self.backend == "spacy":
            raise ValueError("average_runs needs the backend transformers")
        if self.average_runs and len(self.seeds) < 2:
            raise ValueError("average_runs needs two seeds or more")
        return self

    @field_validator("seeds")
    @classmethod
    def _different(cls, seeds: tuple[int, ...]) -> tuple[int, ...]:
        if len(set(seeds)) < len(seeds):
            raise ValueError("the same seed twice is the same model twice")
        return seeds
