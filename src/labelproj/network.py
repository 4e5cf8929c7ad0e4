"""Whether the Hub can be asked at all."""

import os
import urllib.error
import urllib.request
from functools import cache

__all__ = ["hub_answers"]

#: Seconds to wait for the Hub's first answer.
_PATIENCE = 10.0


@cache
def hub_answers() -> bool:
    """Say whether the Hub (``HF_ENDPOINT``) answers anything; it is asked once in a process.

    Its own client asks again for half a minute, for each file, and writes a line each time.
    """
    endpoint = os.environ.get("HF_ENDPOINT", "https://huggingface.co")
    try:
        with urllib.request.urlopen(endpoint, timeout=_PATIENCE):
            return True
    except urllib.error.HTTPError:
        return True
    except (OSError, ValueError):
        return False
