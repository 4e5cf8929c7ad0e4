"""``labelproj bench``: how well and how fast the parts do on gold data."""

import tempfile
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from labelproj.cli.options import (
    AlignerBackend,
    AlignerComputeType,
    AlignerLayer,
    AlignerModel,
    Backend,
    ConstrainedModel,
    ExtraBitext,
    Json,
    MarkerName,
    Markers,
    Members,
    aligner_params,
    project_params,
)
from labelproj.cli.project import Device, Matching, Method
from labelproj.cli.render import show_json, show_markdown, show_place, show_table

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help="Measure aligners and projection on gold data.")


class Part(StrEnum):
    """Which records are scored."""

    ALL = "all"
    EVEN = "even"
    ODD = "odd"


@app.callback()
def _group() -> None:
    """Measure aligners and projection on gold data."""


@app.command()
def alignment(
    gold: Annotated[
        list[Path],
        typer.Option(help="Source TAB target TAB links (i-j sure, ipj possible); may be repeated."),
    ],
    aligner: Annotated[
        str, typer.Option(help="The aligner: eflomal, systran, embedding, attention or simalign.")
    ] = "eflomal",
    aligner_model: AlignerModel = None,
    aligner_layer: AlignerLayer = None,
    matching: Annotated[Matching, typer.Option(help="Its matching.")] = Matching.ITERMAX,
    aligner_backend: AlignerBackend = Backend.AUTO,
    aligner_compute_type: AlignerComputeType = "float32",
    extra_bitext: ExtraBitext = None,
    src: Annotated[
        str | None, typer.Option(help="Source language, if the file's name does not tell.")
    ] = None,
    tgt: Annotated[
        str | None, typer.Option(help="Target language, if the file's name does not tell.")
    ] = None,
    min_probability: Annotated[
        float, typer.Option(min=0, max=1, help="Links less probable than this do not count.")
    ] = 0.3,
    device: Annotated[Device, typer.Option(help="Where models run.")] = Device.AUTO,
    json: Json = False,
) -> None:
    """Alignment error rate, precision, recall and F1 of an aligner on gold links.

    Aligners that learn from bitext learn from the gold file's own pairs (not from its links).

    Example: labelproj bench alignment --gold gold.en-es.tsv --aligner eflomal
    """
    from labelproj.evaluate.alignment import bench_alignment

    params = aligner_params(
        aligner,
        model=aligner_model,
        layer=aligner_layer,
        matching=matching.value,
        backend=aligner_backend,
        compute_type=aligner_compute_type,
        extra_bitext=extra_bitext,
    )
    if (src is None) != (tgt is None):
        raise typer.BadParameter("give both --src and --tgt, or none")
    sets: list[dict[str, Any]] = []
    for path in gold:
        with tempfile.TemporaryDirectory(prefix="labelproj-bench-") as work:
            result = bench_alignment(
                path,
                params=params,
                work=Path(work),
                pair=(src, tgt) if src and tgt else None,
                min_probability=min_probability,
                device=device.value,
            )
        sets.append(result)
    if json:
        show_json({"sets": sets})
        return
    columns = ("name", "aligner", "aer", "precision", "recall", "f1", "pairs", "seconds")
    titles = ("set", "aligner", "AER", "precision", "recall", "F1", "pairs", "seconds")
    show_table("word alignment", titles, [[one[name] for name in columns] for one in sets])


@app.command()
def projection(
    gold: Annotated[
        list[Path], typer.Option(help="Gold pairs with spans on both sides; may be repeated.")
    ],
    method: Annotated[Method, typer.Option(help="Projection method.")] = Method.ALIGNMENT,
    aligner: Annotated[
        str,
        typer.Option(
            help="As for `project`, or record:NAME (alignments of the records) or pharaoh:FILE."
        ),
    ] = "eflomal",
    aligner_model: AlignerModel = None,
    aligner_layer: AlignerLayer = None,
    aligner_backend: AlignerBackend = Backend.AUTO,
    aligner_compute_type: AlignerComputeType = "float32",
    matching: Annotated[Matching, typer.Option(help="Its matching.")] = Matching.ITERMAX,
    member: Members = None,
    extra_bitext: ExtraBitext = None,
    constrained_model: ConstrainedModel = None,
    markers: Markers = MarkerName.BRACKETS,
    part: Annotated[
        Part, typer.Option(help="Score all records, or every second (all are learnt from).")
    ] = Part.ALL,
    plot: Annotated[
        Path | None,
        typer.Option(help="Draw scores against correctness, as SVG, into this folder."),
    ] = None,
    device: Annotated[Device, typer.Option(help="Where models run.")] = Device.AUTO,
    markdown: Annotated[
        bool, typer.Option("--markdown", help="Print a Markdown table on stdout.")
    ] = False,
    json: Json = False,
) -> None:
    """Span F1, share projected, speed and calibration of a method on given translations.

    Predictions and gold are snapped to the records' target tokens where there are any.

    Example: labelproj bench projection --gold gold.en-es.jsonl --aligner eflomal
    """
    from labelproj.evaluate.calibration_plot import write_calibration_plot
    from labelproj.evaluate.projection import bench_projection

    align = aligner_params(
        aligner,
        model=aligner_model,
        layer=aligner_layer,
        matching=matching.value,
        backend=aligner_backend,
        compute_type=aligner_compute_type,
        extra_bitext=extra_bitext,
        members=member,
    )
    params = project_params(
        method.value,
        member=member,
        align=align,
        constrained_model=constrained_model,
        markers=markers,
    )
    sets: list[dict[str, Any]] = []
    for path in gold:
        with tempfile.TemporaryDirectory(prefix="labelproj-bench-") as work:
            one = bench_projection(
                path, params=params, work=Path(work), device=device.value, part=part.value
            )
        sets.append(one)
        if plot is not None:
            show_place("plot", write_calibration_plot(one, plot))
    scores = ("exact_f1", "precision", "recall", "overlap_f1", "projected")
    columns = ("set", "name", "method", *scores, "spans", "seconds", "peak_mib")
    rows = [[one[name] for name in columns] for one in sets]
    if json:
        show_json({"sets": sets})
    elif markdown:
        show_markdown(columns, rows)
    else:
        short = ("exact_f1", "precision", "recall", "projected", "spans", "seconds", "peak_mib")
        titles = ("set", "method", "F1", "P", "R", "placed %", "spans", "s", "MiB")
        what = [[f"{one['set']} {one['name']}".strip(), one["method"]] for one in sets]
        shown = [[one[name] for name in short] for one in sets]
        show_table("projection", titles, [a + b for a, b in zip(what, shown, strict=True)])
