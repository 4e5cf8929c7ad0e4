"""Make a program that seeds itself from ``/dev/urandom`` start from a given seed.

eflomal has no option for its seed, so two runs give different links, and a job that was stopped
and resumed would differ from one that ran through. A tiny shared library, built once with the C
compiler that eflomal itself needed, hands it bytes of ours when it opens ``/dev/urandom``.
Where that cannot be done (no compiler, not Linux) runs are not repeatable, and a warning says so.
"""

import hashlib
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from threading import Lock

from labelproj.progress import log

__all__ = ["seeded_environment"]

_SOURCE = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
FILE *fopen(const char *path, const char *mode) {
    static FILE *(*real)(const char *, const char *);
    if (!real) real = (FILE *(*)(const char *, const char *))dlsym(RTLD_NEXT, "fopen");
    const char *seed = getenv("LABELPROJ_SEED_FILE");
    return real(seed && !strcmp(path, "/dev/urandom") ? seed : path, mode);
}
"""


_lock = Lock()


@cache
def _library(folder: Path) -> Path | None:
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None or not sys.platform.startswith("linux"):
        log.warning("word alignment is not repeatable here: no C compiler to seed eflomal with")
        return None
    library = folder / "seed.so"
    source = folder / "seed.c"
    source.write_text(_SOURCE, encoding="utf-8")
    command = [compiler, "-shared", "-fPIC", "-O2", "-o", str(library), str(source), "-ldl"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        log.warning("word alignment is not repeatable here: %s", done.stderr.strip()[:200])
        return None
    return library


@cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="labelproj-seed-")


def seeded_environment(seed: int, stream: str) -> dict[str, str]:
    """Return environment variables under which a child process draws from ``seed``.

    ``stream`` tells apart runs that should not draw the same numbers. The child runs on one
    thread, because the order in which threads draw is not repeatable.
    """
    with _lock:  # threads that come together must not build it twice
        folder = Path(_folder().name)
        library = _library(folder)
    environment = {"OMP_NUM_THREADS": "1"}
    if library is not None:
        name = hashlib.blake2b(f"{seed}/{stream}".encode(), digest_size=8)
        seed_file = folder / f"{name.hexdigest()}.bin"
        seed_file.write_bytes(hashlib.blake2b(name.digest(), digest_size=64).digest())
        environment |= {"LD_PRELOAD": str(library), "LABELPROJ_SEED_FILE": str(seed_file)}
    return environment
