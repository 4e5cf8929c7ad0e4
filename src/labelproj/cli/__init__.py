"""The command line: parse, call, render. No logic."""

from labelproj.cli.app import app, main

__all__ = ["app", "main"]
