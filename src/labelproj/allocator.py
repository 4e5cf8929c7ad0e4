"""jemalloc for training: on a CPU, PyTorch otherwise spends much of its time in page faults."""

import ctypes.util
import os
import sys

__all__ = ["use_jemalloc"]


def use_jemalloc() -> None:
    """Start this same command again under jemalloc, where it is installed and not in use yet.

    Only on Linux. Set ``LABELPROJ_JEMALLOC=0`` to leave things as they are.
    """
    wanted = os.environ.get("LABELPROJ_JEMALLOC", "1") != "0"
    preloaded = os.environ.get("LD_PRELOAD", "")
    if not wanted or not sys.platform.startswith("linux") or "jemalloc" in preloaded:
        return
    library = ctypes.util.find_library("jemalloc")
    if library is None:
        return
    environment = os.environ | {"LD_PRELOAD": f"{library} {preloaded}".strip()}
    sys.stdout.flush()
    sys.stderr.flush()
    command = [sys.executable, "-m", "labelproj", *sys.argv[1:]]
    os.execve(sys.executable, command, environment)
