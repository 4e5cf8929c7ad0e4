"""``labelproj doctor``: what is installed, and what is not."""

from labelproj.cli.options import Json
from labelproj.cli.render import show_json, show_table

__all__ = ["doctor"]


def doctor(json: Json = False) -> None:
    """Say what is installed, which devices and models there are, and whether the Hub answers.

    Example: labelproj doctor
    """
    from labelproj.diagnosis import diagnose

    findings = diagnose()
    if json:
        show_json([finding.as_dict() for finding in findings])
        return
    show_table(
        "labelproj doctor",
        ("", "what", "found", "what to do"),
        [("ok" if f.ok else "--", f.what, f.found, f.remedy) for f in findings],
    )
