"""`postures import` against the servers whose configuration it reads: the posture foresees every delivery.

`make interop` takes a sample; MAILPATH_IMPORTS=all in the environment takes 200 main.cf and 40 transports of
Exim.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import interop_mta_exim as exim
import interop_mta_postfix as postfix
from interop_import_exim import transports
from interop_import_postfix import Config, configs
from interop_mta_internet import Grounds
from interop_mta_model import Attempt, Cells, against_judge, judged, observed, table
from interop_own_posture import imported_posture
from interop_tools import run

from mailpath.facts import Walk
from mailpath.judge import judge
from mailpath.judge.posture import Level
from mailpath.lab import scenarios
from mailpath.servers.drafts import Imported
from mailpath.servers.given import read
from mailpath.servers.importing import imported

ALL = os.environ.get("MAILPATH_IMPORTS") == "all"
EACH_TO = 10
AT_ONCE = 40  # configurations of one instance of Postfix
#: No host of theirs is silent, so that a delivery takes milliseconds.
POOL = (
    *("plaintext", "opportunistic", "pkix-good", "starttls-refused", "handshake-aborted", "cert-expired"),
    *("cert-wrong-name", "provider-mx", "dane-good", "dane-stale", "dane-ta", "dane-unusable", "half-dane"),
    *("signed-no-tlsa", "mx-cname-dane", "sts-enforce", "sts-bad-cert", "sts-mx-not-listed", "two-mx-weak"),
    *("sts-and-dane-disagree", "dane-first-bad-second-weak", "greeting-refused", "tls-old", "implicit-mx"),
)


def test_an_imported_postfix_does_as_the_real_one(
    grounds: Grounds, paths: dict[str, Walk], figures: list[str], tmp_path: Path
) -> None:
    began = time.monotonic()
    pool = [scenario for scenario in scenarios() if scenario.id in POOL]
    folder = grounds.folder / "imports"
    folder.mkdir()
    release = run("postconf", "-d", "-h", "mail_version").strip()
    drawn = configs(200 if ALL else 12, pool, EACH_TO, folder, release)
    for config in drawn:
        for file, text in config.tables.items():
            postfix.write_old(file, text)
    attempts = _delivered(grounds, drawn)
    taken = grounds.taken()
    seen, foreseen = {}, {}
    for config in drawn:
        ours = imported_posture(_imported(config, tmp_path))
        for scenario in config.to:
            recipient = f"{config.name}@{scenario.domain}"
            key = (scenario.id, config.name)
            seen[key] = observed(attempts.get(recipient, []), taken.get(recipient), postfix.AUTHENTICATED)
            foreseen[key] = judged(judge(paths[scenario.id], ours))
    figures.append(_figure("main.cf", len(drawn), seen, foreseen, began))
    _agree(seen, foreseen, {each.name: _shown(each) for each in drawn})


def test_an_imported_exim_does_as_the_real_one(
    grounds: Grounds, paths: dict[str, Walk], figures: list[str], tmp_path: Path
) -> None:
    began = time.monotonic()
    pool = [scenario for scenario in scenarios() if scenario.id in POOL]
    drawn = transports(40 if ALL else 6, pool, EACH_TO)
    sender = exim.Exim(
        grounds.space,
        grounds.folder / "importing-exim",
        grounds.ca_file,
        {each.name: each.options for each in drawn},
    )
    recipients = [f"{each.name}@{scenario.domain}" for each in drawn for scenario in each.to]
    assert sender.start(recipients).wait(exim.LIMIT) == 0, grounds.space.logs()
    attempts, taken = sender.attempts(), grounds.taken()
    seen, foreseen = {}, {}
    for transport in drawn:
        file = tmp_path / f"{transport.name}.conf"
        file.write_text(transport.block)
        ours = imported_posture(imported(read([str(file)]), transport.name))
        for scenario in transport.to:
            recipient = f"{transport.name}@{scenario.domain}"
            key = (scenario.id, transport.name)
            verdict = judge(paths[scenario.id], ours)
            # CV=yes is a claim where the level demands it, of a name too; else it is an observation.
            claims = ours.level is Level.VERIFY and ours.references and verdict.demanded_by == "level"
            words = exim.AUTHENTICATED | (exim.AUTHENTICATED_VERIFY if claims else frozenset())
            seen[key] = observed(attempts.get(recipient, []), taken.get(recipient), words)
            foreseen[key] = judged(verdict)
    figures.append(_figure("transports of Exim", len(drawn), seen, foreseen, began))
    _agree(seen, foreseen, {each.name: each.block for each in drawn})


def _figure(what: str, count: int, seen: Cells, foreseen: Cells, began: float) -> str:
    right = len(seen) - len(against_judge(seen, foreseen))
    seconds = time.monotonic() - began
    return f"Imported from {count} {what}: {right} of {len(seen)} deliveries foreseen, in {seconds:.0f} s"


def _agree(seen: Cells, foreseen: Cells, configured: Mapping[str, str]) -> None:
    """`configured`: name -> what is shown where a delivery by it was not foreseen."""
    differences = against_judge(seen, foreseen)
    wrong = {each.posture for each in differences}
    shown = "\n\n".join(text for name, text in configured.items() if name in wrong)
    assert not differences, f"\n{table(differences)}\n\n{shown}"


def _delivered(grounds: Grounds, drawn: Sequence[Config]) -> dict[str, list[Attempt]]:
    """One message of each configuration to each of its scenarios."""
    found: dict[str, list[Attempt]] = {}
    for number, first in enumerate(range(0, len(drawn), AT_ONCE)):
        some = drawn[first : first + AT_ONCE]
        clients = {each.name: _options(each) for each in some}
        home = grounds.folder / f"importing-{number}"
        sender = postfix.Postfix(
            grounds.space, home, grounds.ca_file, clients, port=postfix.SUBMISSION_PORT + 1 + number
        )
        found |= sender.deliver([f"{each.name}@{scenario.domain}" for each in some for scenario in each.to])
    return found


def _options(config: Config) -> list[str]:
    """As parameters of one client.  Postfix's version is none; main.cf there has signed answers."""
    lines = [line for line in config.lines if not line.startswith("mail_version")]
    return lines if "smtp_dns_support_level = dnssec" in lines else [*lines, "smtp_dns_support_level ="]


def _imported(config: Config, folder: Path) -> Imported:
    main = folder / f"{config.name}.cf"
    main.write_text(config.main_cf)
    return imported(read([str(main), *map(str, config.tables)]), config.name)


def _shown(config: Config) -> str:
    tables = "\n".join(config.tables.values())
    return f"--- {config.name}\n{config.main_cf}{tables}"
