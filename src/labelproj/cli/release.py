"""``labelproj release``: build, check and publish versions of datasets and models."""

from pathlib import Path
from typing import Annotated

import typer

from labelproj.cli.options import Json, ParamsFile
from labelproj.cli.render import show_json, show_place, show_table
from labelproj.progress import console

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help="Build, check and publish versions of a dataset.")

RELEASE = Path("release")
Licence = Annotated[
    str | None,
    typer.Option(help="Licence of the release; the strictest of its inputs if not given."),
]
Forbid = Annotated[
    list[str] | None,
    typer.Option(help="A regular expression that nothing may match; may be repeated."),
]
Allow = Annotated[
    list[str] | None,
    typer.Option(help="A regular expression for forbidden strings that may stay; repeatable."),
]


@app.callback()
def _group() -> None:
    """Build, check and publish versions of a dataset or a model."""


@app.command()
def build(
    sources: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[SOURCE]...",
            help="Built datasets or folders of `labelproj project`; all datasets of the project "
            "folder when none is given.",
        ),
    ] = None,
    version: Annotated[str, typer.Option(help="Version, three numbers.")] = "0.1.0",
    out: Annotated[Path, typer.Option(help="Folder for the release.")] = RELEASE,
    model: Annotated[
        str | None,
        typer.Option(help="Release a trained system instead: projected, zero-shot or gold."),
    ] = None,
    task: Annotated[str | None, typer.Option(help="Its task (--model).")] = None,
    tgt: Annotated[str | None, typer.Option(help="Its target language (--model).")] = None,
    name: Annotated[str | None, typer.Option(help="Name, for the card.")] = None,
    licence: Licence = None,
    source_name: Annotated[str | None, typer.Option(help="Name of the source corpus.")] = None,
    source_licence: Annotated[str | None, typer.Option(help="Its licence.")] = None,
    source_url: Annotated[str | None, typer.Option(help="Its address.")] = None,
    mt_licence: Annotated[str | None, typer.Option(help="Licence of the MT model.")] = None,
    model_licence: Annotated[
        str | None, typer.Option(help="Licence of the encoder that was trained on (--model).")
    ] = None,
    test: Annotated[
        list[str] | None,
        typer.Option(metavar="CONFIG=FILE", help="Gold test data as split `test` of a config."),
    ] = None,
    gold_licence: Annotated[str | None, typer.Option(help="Licence of the gold data.")] = None,
    projected_test: Annotated[
        float,
        typer.Option(min=0, max=0.9, help="Share that becomes the split `projected_test`."),
    ] = 0.0,
    near_duplicates: Annotated[
        float,
        typer.Option(
            min=0.5, max=1, help="Texts as alike as this stay in one split; 1: equal texts only."
        ),
    ] = 0.7,
    author: Annotated[
        list[str] | None, typer.Option(help="An author, for the citation; may be repeated.")
    ] = None,
    url: Annotated[str | None, typer.Option(help="Where it will be, for the citation.")] = None,
    params: ParamsFile = Path("params.yaml"),
    json: Json = False,
) -> None:
    """Build a release: data for every language and task with a card, or a trained model.

    Example: labelproj release build --version 1.0.0 --out release
    """
    if model is not None:
        from labelproj.release.models import build_model_release

        if sources:
            raise typer.BadParameter("a model is one of the project folder", param_hint="SOURCE")
        facts = build_model_release(
            model,
            out=out,
            params=params,
            version=version,
            task=task,
            tgt=tgt,
            name=name,
            licence=licence,
            source_licence=source_licence,
            mt_licence=mt_licence,
            gold_licence=gold_licence,
            model_licence=model_licence,
            authors=author or (),
            url=url,
        )
    else:
        from labelproj.release.build import build_release

        facts = build_release(
            sources or (),
            out=out,
            params=params,
            version=version,
            name=name,
            licence=licence,
            source_name=source_name,
            source_licence=source_licence,
            source_url=source_url,
            mt_licence=mt_licence,
            tests=_pairs(test),
            gold_licence=gold_licence,
            near_duplicates=near_duplicates,
            projected_test=projected_test,
            authors=author or (),
            url=url,
        )
    if json:
        show_json(facts)
        return
    rows = [
        (config, split, counts["rows"], sum(counts["spans"].values()))
        for config, one in facts.get("configs", {}).items()
        for split, counts in one["splits"].items()
    ]
    if rows:
        show_table("release", ("config", "split", "rows", "spans"), rows)
    console.print(
        f"{facts['name']} {facts['version']}, {facts['licence']['licence']}", markup=False
    )
    show_place("release", out)


def _pairs(values: list[str] | None) -> dict[str, str]:
    found = {}
    for value in values or ():
        config, equals, spec = value.partition("=")
        if not (config and equals and spec):
            raise typer.BadParameter(f"{value!r} is not CONFIG=FILE", param_hint="--test")
        found[config] = spec
    return found


@app.command()
def check(
    folder: Annotated[Path, typer.Argument(metavar="[DIR]", help="The release.")] = RELEASE,
    near_duplicates: Annotated[
        float | None,
        typer.Option(min=0.5, max=1, help="Texts as alike as this in two splits are a leak."),
    ] = None,
    forbid: Forbid = None,
    allow: Allow = None,
    json: Json = False,
) -> None:
    """Check a release: does it load, is it what it says, does nothing leak? Exit code 3 if not.

    Example: labelproj release check release
    """
    from labelproj.errors import CheckFailedError
    from labelproj.release.check import check_release, shortened
    from labelproj.release.forbidden import Forbidden

    look = Forbidden(more=forbid or (), allowed=allow or ())
    findings = check_release(folder, forbidden=look, near_duplicates=near_duplicates)
    if json:
        show_json({"good": not findings, "findings": findings})
    elif findings:
        show_table("findings", ("where", "what"), shortened(findings))
    else:
        console.print("good: nothing was found")
    if findings:
        number = "one finding" if len(findings) == 1 else f"{len(findings)} findings"
        raise CheckFailedError(number, where=str(folder))


@app.command()
def push(
    repo: Annotated[
        str | None, typer.Argument(metavar="[REPO]", help="OWNER/NAME on the Hub.")
    ] = None,
    folder: Annotated[Path, typer.Option("--dir", help="The release.")] = RELEASE,
    tag: Annotated[str | None, typer.Option(help="v and the version it was built as.")] = None,
    to: Annotated[
        Path | None, typer.Option(help="Publish into a folder, a folder a tag, and not on the Hub.")
    ] = None,
    private: Annotated[bool, typer.Option("--private", help="A repository for you alone.")] = False,
    create_pr: Annotated[
        bool, typer.Option("--create-pr", help="Open a pull request; the tag comes after it.")
    ] = False,
    model: Annotated[bool, typer.Option("--model", help="The release is a trained model.")] = False,
    forbid: Forbid = None,
    allow: Allow = None,
    json: Json = False,
) -> None:
    """Publish a release under a tag, in one commit; nothing where nothing has changed.

    Example: labelproj release push owner/name --tag v1.2.0
    """
    from labelproj.errors import UsageError
    from labelproj.release.folder import read_facts
    from labelproj.release.forbidden import Forbidden
    from labelproj.release.hub import HubTarget
    from labelproj.release.local import FolderTarget
    from labelproj.release.push import Target, push_release

    if (repo is None) == (to is None):
        raise typer.BadParameter("give OWNER/NAME or --to, and not both", param_hint="REPO")
    kind = str(read_facts(folder)["kind"])
    if model != (kind == "model"):
        raise UsageError(
            f"the release is a {kind}",
            where=str(folder),
            remedy="--model" if kind == "model" else "leave --model out, or give --dir",
        )
    target: Target
    if to is not None:
        target = FolderTarget(to)
    else:
        target = HubTarget(str(repo), private=private, create_pr=create_pr)
    look = Forbidden(more=forbid or (), allowed=allow or ())
    done = push_release(folder, target, tag=tag, forbidden=look)
    if json:
        from dataclasses import asdict

        show_json(asdict(done))
        return
    console.print(done.said, markup=False, soft_wrap=True)
    if done.changelog:
        console.print(done.changelog, markup=False, soft_wrap=True)
    show_place("release", done.url)
