"""The pages of docs/reference, each from what the product itself says.  `scripts/docs.py` writes them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from . import files, lists

PAGES: Mapping[str, Callable[[], Iterator[str]]] = {
    "reference/captures.md": files.captures,
    "reference/commands.md": lists.commands,
    "reference/config-files.md": files.config_files,
    "reference/exit-codes.md": lists.exit_codes,
    "reference/glossary.md": lists.glossary,
    "reference/json-report.md": files.json_report,
    "reference/json-survey.md": files.json_survey,
    "reference/keys.md": lists.keys,
    "reference/lab-scenarios.md": lists.lab_scenarios,
    "reference/lesson-files.md": files.lesson_files,
    "reference/postures.md": lists.postures,
    "reference/status-codes.md": lists.status_codes,
}
