"""What a survey costs, part by part: `python scripts/bench_survey.py PART [OPTION...]`; `make benchsurvey`.

Each part is a module beside this one, `bench_survey_PART.py`, with a `main(words)`.
"""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path


def main(words: list[str]) -> int:
    """One part with its options, or all of them."""
    there = sorted(
        file.stem.removeprefix("bench_survey_") for file in Path(__file__).parent.glob("bench_survey_*.py")
    )
    if not words:
        return max(main([part]) for part in there)
    part, *options = words
    if part not in there:
        sys.exit(f"bench_survey.py: there is no part {part!r}: {', '.join(there)}")
    return int(import_module(f"bench_survey_{part}").main(options))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
