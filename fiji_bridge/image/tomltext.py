"""Reading TOML files that people write."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from fiji_bridge.errors import FijiBridgeError


def read_toml(path: Path, what: str, error: type[FijiBridgeError]) -> dict[str, Any]:
    """Return what a TOML file says.

    Parameters
    ----------
    path : Path
    what : str
        How the message calls it.
    error : type
        What is raised for a file that cannot be read.

    Raises
    ------
    FileNotFoundError
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise
    except OSError as failed:
        raise error(f"cannot read {what} {path}: {failed.strerror}") from None
    except UnicodeDecodeError as failed:
        raise error(
            f"{what} {path} is not UTF-8 (from byte {failed.start + 1} on); save it as UTF-8"
        ) from None
    except RecursionError:
        raise error(f"{what} {path} is not valid TOML: too many brackets") from None
    except tomllib.TOMLDecodeError as failed:
        raise error(f"{what} {path} is not valid TOML: {failed}") from None
