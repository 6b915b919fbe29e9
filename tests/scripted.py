"""The programs of scripts/, run within this process: each would import all of mailpath anew."""

from __future__ import annotations

import io
import runpy
import sys
from contextlib import redirect_stderr
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).resolve().parents[1] / "scripts"


def ran(script: str, *words: str) -> tuple[int, str]:
    """The exit status, and what it says on stderr."""
    said = io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stderr(said):
        patch.syspath_prepend(SCRIPTS)
        patch.setattr(sys, "argv", [str(SCRIPTS / script), *words])
        with pytest.raises(SystemExit) as left:
            runpy.run_path(str(SCRIPTS / script), run_name="__main__")
    code = left.value.code
    return code if isinstance(code, int) else int(code is not None), said.getvalue()
