"""Which files each stage of a project folder reads and writes: dvc.yaml's stages as functions."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from labelproj.config import Config, FilterParams, GoldParams, for_task, load_config
from labelproj.declared import undeclared
from labelproj.errors import UsageError
from labelproj.formats import split_spec
from labelproj.languages import iso_code
from labelproj.layout import Layout
from labelproj.progress import log

if TYPE_CHECKING:
    from labelproj.evaluate.methods import Comparison
    from labelproj.stages.translate_test import TranslateTest

__all__ = ["STAGES", "filter_params", "filtered_folder", "open_run", "run_stage"]

Result = dict[str, object]


class Run:
    """One stage of one project folder: its parameters, task, target language and folders."""

    def __init__(self, config: Config, root: Path, *, task: str, target: str, resume: bool):
        self.config = config
        self.root = root
        self.layout = Layout.of(root, config.outputs)
        self.task = task
        self.target = target
        self.resume = resume
        self.source = config.languages.source
        #: What of the parameters has been asked the place of.
        self.files: set[Path] = set()

    def gold(self, what: str) -> str | None:
        """Return where gold data of this task and target lie, ``what`` a key of ``gold``."""
        value = getattr(self.config.gold.get(self.target, GoldParams()), what)
        spec = for_task(value, self.task)
        return self.path(spec) if spec else None

    def work(self, stage: str) -> Path:
        """Return the work folder of a stage for this task and target."""
        return self.layout.work / stage / "-".join(p for p in (self.task, self.target) if p)

    def path(self, spec: str) -> str:
        """Return an input of the parameters, seen from the project folder.

        ``{task}`` in it is the name of the task.
        """
        spec = spec.replace("{task}", self.task)
        named, path = split_spec(spec)
        if path.startswith("hf:"):
            return spec
        filled = path.replace("{tgt}", iso_code(self.target)) if self.target else path
        self.files.add(self.root / filled)
        if Path(path).is_absolute():
            return spec
        return f"{named}:{self.root / path}" if named else str(self.root / path)

    def named(self, model: str) -> str:
        """Return a model of the parameters with its languages, seen from the project folder."""
        names = {"src": iso_code(self.source), "tgt": iso_code(self.target)}
        filled = model.replace("{src}", names["src"]).replace("{tgt}", names["tgt"])
        return self.path(filled) if (self.root / filled).is_dir() else filled

    def weights(self) -> str | None:
        """Return where the original weights of the MT model are, for methods that need them."""
        model = self.config.mt.model
        if self.config.mt.given:
            return None
        if model is not None and Path(found := self.named(model)).is_dir():
            return found
        return str(self.layout.mt(self.target))


def _mt(run: Run) -> Result:
    from labelproj.stages.mt import run_mt

    params = run.config.mt
    update: dict[str, object] = {}
    if params.train is not None:
        bitext = tuple(run.path(spec) for spec in params.train.bitext)
        update["train"] = params.train.model_copy(update={"bitext": bitext})
    given = {"model": params.model, "tokenizer": params.tokenizer}
    local = {name: spec for name, spec in given.items() if spec and (run.root / spec).is_dir()}
    update |= {name: run.path(spec) for name, spec in local.items()}
    return run_mt(
        params=params.model_copy(update=update),
        src=run.source,
        tgt=run.target,
        out=run.layout.mt(run.target),
        work=run.work("mt"),
        resume=run.resume,
    )


def _prepare(run: Run) -> Result:
    from labelproj.stages.prepare import run_prepare

    inputs = for_task(run.config.prepare.inputs, run.task)
    return run_prepare(
        inputs=[run.path(spec) for spec in inputs or ()],
        out=run.layout.prepared(run.task),
        params=run.config.prepare,
        lang=run.source,
        task=run.task,
    )


def _translate(run: Run) -> Result:
    from labelproj.stages.translate import run_translate

    return run_translate(
        units=run.layout.prepared(run.task) / "units.parquet",
        model=None if run.config.mt.given else run.layout.mt(run.target),
        out=run.layout.translated(run.task, run.target),
        params=run.config.translate,
        src=run.source,
        tgt=run.target,
        work=run.work("translate"),
        resume=run.resume,
    )


def _project(run: Run) -> Result:
    from labelproj.stages.project import run_project

    return run_project(
        units=run.layout.translated(run.task, run.target) / "units.parquet",
        out=run.layout.projected(run.task, run.target),
        params=run.config.project,
        src=run.source,
        tgt=run.target,
        work=run.work("project"),
        resume=run.resume,
        device=run.config.translate.device,
        markers=run.config.translate.markers,
        mt=run.weights(),
    )


def _filter(run: Run) -> Result:
    from labelproj.stages.filter import run_filter

    return run_filter(
        units=run.layout.projected(run.task, run.target) / "units.parquet",
        out=run.layout.filtered(run.task, run.target),
        params=filter_params(run),
        task=run.task,
        src=run.source,
        tgt=run.target,
        work=run.work("filter"),
        align=run.config.project.align,
        align_work=run.work("project"),
        model=None if run.config.mt.given else run.layout.mt(run.target),
        device=run.config.translate.device,
        resume=run.resume,
    )


def filter_params(run: Run) -> FilterParams:
    """Return the filter's parameters with their paths seen from the project folder."""
    params = run.config.filter.of_pair(run.source, run.target)
    paths = {name: getattr(params, name) for name in ("language_model", "compare", "combiner")}
    models = {name: getattr(params, name) for name in ("encoder", "back_model")}
    update = {name: run.path(spec) for name, spec in paths.items() if spec}
    update |= {
        n: run.path(spec) for n, spec in models.items() if spec and (run.root / spec).is_dir()
    }
    if params.encoder == "mt":
        model = run.config.mt.model
        if model is None:
            raise UsageError(
                "there is no Hugging Face model to take the encoder of",
                where="filter.encoder",
                remedy="name an encoder, or set mt.model",
            )
        update["encoder"] = run.path(model) if (run.root / model).is_dir() else model
    return params.model_copy(update=update)


def _build(run: Run) -> Result:
    from labelproj.stages.build import run_build

    filtered = run.layout.filtered(run.task, run.target)
    return run_build(
        kept=filtered / "kept.parquet",
        rejected=filtered / "rejected.parquet",
        documents=run.layout.prepared(run.task) / "documents.parquet",
        mt=run.layout.mt(run.target),
        attrition=filtered / "attrition.json",
        out=run.layout.dataset(run.task, run.target),
        params=run.config.build.seen_from(run.path, tgt=run.target),
        review=run.config.review.model_copy(
            update={"corrections": tuple(map(run.path, run.config.review.corrections))}
        ),
        work=run.work("build"),
        task=run.task,
        src=run.source,
        tgt=run.target,
    )


def _train(run: Run) -> Result:
    from labelproj.stages.train import run_train

    # What evaluate will need is looked for before hours of training.
    _back(run)
    params = run.config.train.of_task(run.task).seen_from(run.path)
    if params.model == "mt":
        params = params.model_copy(update={"model": _translator(run)})
    return run_train(
        dataset=run.layout.dataset(run.task, run.target),
        source_units=run.layout.prepared(run.task) / "units.parquet",
        gold_train=run.gold("train"),
        gold_dev=run.gold("dev"),
        task=run.task,
        out=run.layout.models(run.task, run.target),
        params=params,
        align=run.config.project.align,
        src=run.source,
        tgt=run.target,
        work=run.work("train"),
        resume=run.resume,
    )


def _translator(run: Run) -> str:
    """Return the Hugging Face folder of the MT model. Raises UsageError and ModelNotFoundError."""
    from labelproj.translate.weights import find_weights

    weights = run.weights()
    if weights is None:
        raise UsageError(
            "there is no MT model to start from", where="train.model", remedy="name another model"
        )
    return str(find_weights(weights))


def _exam(name: str) -> Callable[..., Result]:
    """Return how the systems of a task are examined, by what the task says."""
    from labelproj.stages.evaluate import run_evaluate
    from labelproj.stages.evaluate_agent import run_evaluate_agent

    return {"spans": run_evaluate, "agent": run_evaluate_agent}[name]


def _evaluate(run: Run) -> Result:
    from labelproj.evaluate.methods import methods_named
    from labelproj.tasks import task_named

    test, parallel = run.gold("test"), run.gold("parallel")
    if test is None:
        raise UsageError(
            f"there is no gold test data for {run.task} in {run.target!r}",
            where="params.yaml",
            remedy=f"set gold.{run.target}.test",
        )
    methods = for_task(run.config.evaluate.methods, run.task) or ()
    chosen = methods_named(run.config.project, methods) if parallel else {}
    if parallel and run.config.project.method == "markers":
        log.warning(
            "the method 'markers' places labels while translating: there is no score of it on "
            "the given translations of gold.%s.parallel",
            run.target,
        )
    elif methods and not parallel:
        log.warning("evaluate.methods cannot be compared: there is no gold.%s.parallel", run.target)
    back = _back(run)
    return _exam(task_named(run.task).exam)(
        models=run.layout.models(run.task, run.target),
        gold_test=test,
        task=run.task,
        out=run.layout.evaluation(run.task, run.target),
        params=run.config.evaluate,
        tgt=run.target,
        comparison=_compared(run, parallel) if parallel and chosen else None,
        **({} if back is None else {"back": back}),
    )


def _back(run: Run) -> "TranslateTest | None":
    """Return the way through the source language, where a system that is trained takes it."""
    from labelproj.stages.translate_test import open_way

    return open_way(
        run.config,
        run.task,
        tgt=run.target,
        mt=run.layout.mt(run.target),
        back=run.named(run.config.mt.back) if run.config.mt.back else None,
        weights=run.weights(),
        work=run.work("evaluate") / "translate-test",
        resume=run.resume,
    )


def _compared(run: Run, parallel: str) -> "Comparison":
    from labelproj.evaluate.methods import compare_methods

    return compare_methods(
        Path(parallel),
        params=run.config.project,
        names=for_task(run.config.evaluate.methods, run.task) or (),
        work=run.work("evaluate"),
        device=run.config.translate.device,
        mt=run.weights(),
    )


def _report(run: Run) -> Result:
    from labelproj.stages.report import run_report

    layout = run.layout
    return run_report(
        prepared=layout.prepared(run.task),
        translated=layout.translated(run.task, run.target),
        projected=layout.projected(run.task, run.target),
        filtered=layout.filtered(run.task, run.target),
        dataset=layout.dataset(run.task, run.target),
        evaluation=layout.evaluation(run.task, run.target),
        out=layout.report(run.task, run.target),
        params=run.config.report,
        build=run.config.build.without_kb().seen_from(run.path, tgt=run.target),
        corrections=[Path(run.path(path)) for path in run.config.review.corrections],
        task=run.task,
        src=run.source,
        tgt=run.target,
    )


#: The stages in their order.
STAGES: dict[str, Callable[[Run], Result]] = {
    "mt": _mt,
    "prepare": _prepare,
    "translate": _translate,
    "project": _project,
    "filter": _filter,
    "build": _build,
    "train": _train,
    "evaluate": _evaluate,
    "report": _report,
}


def run_stage(
    name: str, *, params: Path, task: str, target: str, resume: bool = True
) -> dict[str, object]:
    """Run one stage of the project folder that ``params`` (its params.yaml) lies in.

    ``task`` and ``target`` are empty where a stage does not depend on them. Returns the stage's
    manifest. Warns of files that it read and that are no dependencies of it in dvc.yaml. Raises
    UsageError for a task or target that params.yaml does not name.
    """
    run = open_run(params, task=task, target=target, resume=resume)
    result = STAGES[name](run)
    for file in undeclared(name, run.files, root=run.root):
        log.warning(
            "%s is not among the deps of the stage %s in dvc.yaml: add it, or DVC does not see "
            "when it changes",
            file,
            name,
        )
    return result


def open_run(params: Path, *, task: str, target: str, resume: bool = True) -> Run:
    """Return what a stage of the project folder of ``params`` needs. Raises UsageError."""
    config = load_config(params)
    if task and task not in config.tasks:
        raise UsageError(
            f"no task {task!r}",
            where=str(params),
            remedy=f"--task {' or '.join(config.tasks)}, or another list under `tasks`",
        )
    if target and target not in config.languages.targets:
        targets = ", ".join(config.languages.targets)
        raise UsageError(
            f"{target!r} is not among languages.targets", where=str(params), remedy=targets
        )
    return Run(config, params.parent, task=task, target=target, resume=resume)


def filtered_folder(params: Path, *, task: str, target: str | None) -> Path:
    """Return the folder of the filter stage; ``target`` None is the project's only language.

    Raises UsageError where there are several.
    """
    targets = load_config(params).languages.targets
    if target is None and len(targets) != 1:
        raise UsageError("there are several target languages", remedy=f"--tgt {targets[0]}")
    run = open_run(params, task=task, target=target or targets[0])
    return run.layout.filtered(run.task, run.target)
