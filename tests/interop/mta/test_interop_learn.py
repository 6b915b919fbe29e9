"""`postures learn` of real servers: what is learned of each agrees with what is read from its configuration.

`make interop` learns three of them; MAILPATH_IMPORTS=all in the environment takes every one.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

import interop_mta_exim as exim
import interop_mta_postfix as postfix
import pytest
from interop_import_exim import Transport
from interop_mta_internet import Grounds
from interop_own_posture import differences_of, imported_posture, logged, sessions_of
from interop_tools import run

from mailpath.facts import Walk
from mailpath.judge import Posture
from mailpath.judge.custom import custom_posture
from mailpath.servers.drafts import Kind
from mailpath.servers.given import Given
from mailpath.servers.importing import imported
from mailpath.servers.learning.telling import learned

SAMPLE = ("postfix-secure", "postfix-dane-sts", "exim-verify")
SERVERS = (*postfix.LEVELS, *exim.LEVELS) if os.environ.get("MAILPATH_IMPORTS") == "all" else SAMPLE


@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.usefixtures("deliveries")
def test_what_is_learnt_is_what_is_configured(
    server: str,
    paths: dict[str, Walk],
    grounds: Grounds,
    tmp_path: Path,
    figures: list[str],
) -> None:
    seen, log = sessions_of(server, grounds, tmp_path), logged(grounds, server, tmp_path)
    began = time.monotonic()
    found = learned(str(seen), str(log), "learned")
    took = time.monotonic() - began
    contradicted = [each for each in found.remarks if each.kind is Kind.CONTRADICTED]
    ours = custom_posture("learned", found.tables()["learned"])
    differences = differences_of(ours, _configured(server), paths)
    agreed = len(paths) - len(differences)
    figures.append(f"Learnt of {server}: as configured in {agreed} of {len(paths)} scenarios, {took:.0f} s")
    assert not differences, f"{found.tables()}\n{contradicted}\n" + "\n".join(differences)


def _configured(server: str) -> Posture:
    """What `postures import` makes of its configuration."""
    if server in exim.LEVELS:
        text = Transport(server, exim.LEVELS[server], ()).block
    else:
        release = run("postconf", "-d", "mail_version").strip()
        lines = (release, "smtp_dns_support_level = dnssec", *postfix.LEVELS[server])
        text = "\n".join(lines) + "\n"
    return imported_posture(imported([Given(path="configuration", text=text)], "configured"))
