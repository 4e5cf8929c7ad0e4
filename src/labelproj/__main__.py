"""``python -m labelproj``."""

from labelproj.cli import main

main()
