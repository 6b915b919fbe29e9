"""What Exim's files say together: the transport of usual mail, and domains for which routers have another."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from typing import Any

from mailpath.names import BadName, to_domain
from mailpath.servers.drafts import Draft, Imported, Kind, Remark, gathered, posture_name
from mailpath.servers.exim.configuration import Block, Exim, entries
from mailpath.servers.exim.transports import READ, Transport
from mailpath.servers.given import ImportRefused, Line, find_file
from mailpath.visible import visible

_MOST_DOMAINS = 100_000


@cache
def _told() -> Mapping[str, Any]:
    return tomllib.loads(resources.files(__package__).joinpath("options.toml").read_text("utf-8"))


def import_exim(found: Exim, name: str | None) -> Imported:
    """The postures of the server.  Raises `ImportRefused`."""
    return _Reading(found).imported(name)


class _Reading:
    def __init__(self, found: Exim) -> None:
        self._found = found
        self._remarks: list[Remark] = []
        self._senders = {name: each for name, each in found.transports.items() if each["driver"] == "smtp"}
        if not self._senders:
            raise ImportRefused("There is no transport with driver = smtp.")
        self._drafts: dict[str, Draft] = {}

    def _tell(self, kind: Kind, where: str, sentence: str) -> None:
        self._remarks.append(Remark(kind=kind, where=where, sentence=sentence))

    def imported(self, name: str | None) -> Imported:
        routed = list(self._routed())
        usual = next((transport for domains, transport, _ in routed if domains is None), self._most_usual())
        others = [
            (domain, transport, self._draft(transport), why)
            for domains, transport, why in self._before_usual(routed)
            for domain in domains
        ]
        beside = {each: self._draft(each) for each in self._senders if each != usual}
        main = self._draft(usual)
        self._tell_of_the_rest()
        host = (self._found.main["primary_hostname"] or "").partition(".")[0]
        chosen = name or posture_name(host)
        return gathered(
            "Exim, read from its configuration.", chosen, main, others, remarks=self._remarks, beside=beside
        )

    def _most_usual(self) -> str:
        return "remote_smtp" if "remote_smtp" in self._senders else next(iter(self._senders))

    @staticmethod
    def _before_usual(
        routed: list[tuple[list[str] | None, str, str]],
    ) -> Iterator[tuple[list[str], str, str]]:
        """Routers behind the one for every domain never see a message."""
        for domains, transport, why in routed:
            if domains is None:
                return
            yield domains, transport, why

    def _draft(self, transport: str) -> Draft:
        if transport not in self._drafts:
            block = self._senders[transport]
            signed = self._found.main["dns_dnssec_ok"] != "0"
            self._drafts[transport] = Transport(block, self._tell, signed=signed).draft()
        return self._drafts[transport]

    # --- routers ------------------------------------------------------------------------------------

    def _routed(self) -> Iterator[tuple[list[str] | None, str, str]]:
        """(domains, transport, the line) of each router to MX hosts, in order; None: for all others."""
        for router in self._found.routers.values():
            transport = router["transport"]
            if router["driver"] != "dnslookup" or transport is None:
                if router["driver"] == "manualroute":
                    self._tell(
                        Kind.UNDECIDED, router.line.said(), "Mail that it takes goes to hosts of its own."
                    )
                continue
            if transport not in self._senders:
                self._tell(
                    Kind.UNDECIDED, router.why("transport"), "This transport is not among the files given."
                )
                continue
            if router.options.keys() & {"condition", "senders", "local_parts"}:
                self._tell(Kind.UNDECIDED, router.line.said(), "It takes some mail only: taken for all.")
            domains = router["domains"]
            if domains is None:
                yield None, transport, router.why("transport")
                continue
            line = router.options["domains"].line
            listed = self._domains(domains, line, 0)
            if listed != []:
                yield listed, transport, line.said()

    def _domains(self, text: str, line: Line, depth: int) -> list[str] | None:
        """The domains of a list, None where it is for all but some."""
        found: list[str] = []
        for entry in entries(text):
            if entry.startswith("+") and depth < 5:
                named = self._found.lists.get(entry[1:])
                inner = self._domains(named.value, line, depth + 1) if named else []
                if inner is None:
                    return None
                found += inner
            elif entry == "*" or (entry.startswith("!") and not found):
                return None
            elif not entry.startswith("!"):
                found += self._entry(entry, line)
            if len(found) > _MOST_DOMAINS:
                raise ImportRefused(f"There are more than {_MOST_DOMAINS} domains.", file=line.file)
        return found

    def _entry(self, entry: str, line: Line) -> list[str]:
        """A domain, all below one ("*.b.example"), or the keys of a file."""
        looked_up = re.fullmatch(r"(?:partial-)?n?(?:wild)?lsearch;\s*(\S+)", entry)
        if looked_up is not None:
            file = find_file(looked_up[1], self._found.files)
            if file is not None:
                keys = (re.split(r"[\s:]", each.strip(), maxsplit=1)[0] for each in file.text.split("\n"))
                return [domain for key in keys if key and key[0] != "#" for domain in self._entry(key, line)]
        below = entry.startswith("*.")
        try:
            return ["." * below + to_domain(entry[2:] if below else entry)]
        except BadName:
            said = f"Which domains {visible(entry, limit=60)} stands for cannot be told."
            self._tell(Kind.UNDECIDED, line.said(), said)
            return []

    # --- what is not in them ------------------------------------------------------------------------

    def _tell_of_the_rest(self) -> None:
        for kind, line, why in self._found.strange[:50]:
            self._tell(kind, line.said(), why)
        if self._found.openssl:
            self._tell(
                Kind.ASSUMED, "", "This Exim is built with OpenSSL; the habits are those of one with GnuTLS."
            )
        options = self._found.main["openssl_options"] if self._found.openssl else None
        if options:
            self._tell(Kind.UNDECIDED, self._found.main.why("openssl_options"), "It may refuse some servers.")
        for block in self._senders.values():
            self._tell_of(block)

    def _tell_of(self, block: Block) -> None:
        told = _told()
        for name, option in block.options.items():
            doubt = told["undecided"].get(name)
            if doubt is not None:
                if option.value not in doubt["usual"]:
                    self._tell(Kind.UNDECIDED, option.line.said(), doubt["sentence"])
                continue
            if name not in READ and (not block.printed or (name.startswith("tls_") and option.value)):
                self._tell(
                    Kind.IGNORED, option.line.said(), told["ignored"].get(name, told["ignored"]["other"])
                )
