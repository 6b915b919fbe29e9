"""What Postfix's files say together: its usual client, and for which recipients there is another policy.

smtp_tls_policy.c looks a destination up in all tables in turn, and only where none of them has it its parent
domains, as ".b.example".  transport(5) may send a recipient to another client, which has parameters of its
own.  So every domain that a table names gets the draft of its client with its policy.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from mailpath.names import BadName, to_domain
from mailpath.records import Record
from mailpath.servers.drafts import Draft, Imported, Kind, Remark, gathered, posture_name
from mailpath.servers.given import Given, Line, logical_lines
from mailpath.servers.postfix.levels import INVALID, Client, Policy, agent_for, policy_of
from mailpath.servers.postfix.parameters import (
    Assigned,
    Parameters,
    assigned,
    assigned_to_service,
    known,
    version,
)
from mailpath.servers.postfix.services import Service, service, with_options
from mailpath.servers.postfix.tables import Plugin, Table, open_table, split_specs
from mailpath.visible import visible

#: What a table says with these is no way to the recipient's MX hosts.
_ELSEWHERE = "Mail for it goes elsewhere, not to its MX hosts: a posture cannot describe that."


class Sorted(Record, frozen=True, kw_only=True):
    """The lines of the files by what they are; `tables`: the files that are none of this."""

    main: tuple[Assigned, ...]
    services: tuple[Service, ...]
    of_services: tuple[Line, ...]
    tables: tuple[Given, ...]
    strange: tuple[Line, ...]


def sorted_lines(files: Iterable[Given]) -> Sorted:
    """Each file is read as configuration if its first line is; else it may be a table."""
    main: list[Assigned] = []
    services: list[Service] = []
    of_services: list[Line] = []
    tables: list[Given] = []
    strange: list[Line] = []
    for file in files:
        for index, line in enumerate(logical_lines(file)):
            if (parameter := assigned(line)) is not None:
                main.append(parameter)
            elif assigned_to_service(line) is not None:
                of_services.append(line)
            elif (entry := service(line)) is not None:
                services.append(entry)
            elif not index:
                tables.append(file)
                break
            else:
                strange.append(line)
    return Sorted(
        main=tuple(main),
        services=tuple(services),
        of_services=tuple(of_services),
        tables=tuple(tables),
        strange=tuple(strange),
    )


def is_postfix(lines: Sorted) -> bool:
    """Whether these are Postfix's files: no other server has such names or entries."""
    names = {each.name for each in lines.main}
    ours = {
        "mail_version",
        "compatibility_level",
        "queue_directory",
        "myhostname",
        "mydestination",
        "relayhost",
    }
    return bool(
        lines.services or lines.of_services or names & ours or any(each.startswith("smtp_") for each in names)
    )


def import_postfix(lines: Sorted, name: str | None, agent: str | None) -> Imported:
    """The postures of the server.  `name`: of its own; `agent`: whose habits it has, where one says so.

    Raises `ImportRefused`.
    """
    return _Reading(lines, agent).imported(name)


class _Reading:
    def __init__(self, lines: Sorted, agent: str | None) -> None:
        self._lines = lines
        self._remarks: list[Remark] = []
        self._main = Parameters(lines.main)
        self._release = version(self._main["mail_version"]) if "mail_version" in self._main else None
        self._agent = agent or self._newest_agent()
        self._services = with_options(lines.services, lines.of_services)
        self._clients: dict[str, tuple[Parameters, Client]] = {}
        self._tables: dict[str, Table] = {}
        self._read: set[str] = set()

    def _tell(self, kind: Kind, where: str, sentence: str) -> None:
        self._remarks.append(Remark(kind=kind, where=where, sentence=sentence))

    def _newest_agent(self) -> str:
        """By the version; else by the compatibility level, which is of a version that there was."""
        level = version(self._main["compatibility_level"])
        found = agent_for(self._release or max(level, (3, 7, 0)))
        if self._release is None:
            why = self._main.why("compatibility_level") if level >= (3, 8, 0) else ""
            self._tell(
                Kind.ASSUMED,
                why,
                f"No file says Postfix's version, so this is {found}: add the output of"
                " `postconf mail_version`.",
            )
        return found

    # --- clients ----------------------------------------------------------------------------------

    def _client(self, transport: str) -> tuple[Parameters, Client]:
        if transport not in self._clients:
            entry = self._services.get(transport)
            parameters = Parameters(self._lines.main, entry.options if entry is not None else ())
            client = Client(parameters, self._agent, self._release, self._tell)
            self._clients[transport] = parameters, client
        return self._clients[transport]

    def _policies(self, transport: str) -> list[Table]:
        return self._opened(self._client(transport)[0], "smtp_tls_policy_maps")

    def _opened(self, parameters: Parameters, name: str) -> list[Table]:
        line = parameters.line(name)
        if line is None:
            return []
        found = []
        for spec in split_specs(parameters[name]):
            if spec not in self._tables:
                self._tables[spec] = table = open_table(spec, line, self._lines.tables)
                self._read |= {each.file for _, each in table.entries.values()}
                if table.missing:
                    self._tell(Kind.UNDECIDED, line.said(), visible(table.missing))
                if table.broken:
                    self._tell(Kind.WRONG, "", visible(table.broken))
            found.append(self._tables[spec])
        return found

    # --- drafts -----------------------------------------------------------------------------------

    def imported(self, name: str | None) -> Imported:
        usual = self._main["default_transport"].partition(":")[0] or "smtp"
        main = self._draft(usual, None)
        others = list(self._others(usual))
        beside = {each: self._draft(each, None) for each in self._named_clients(usual)}
        parameters = self._client(usual)[0]
        self._tell_of_parameters()
        self._tell_of_files()
        chosen = name or posture_name(parameters["myhostname"].partition(".")[0])
        return gathered(
            "Postfix, read from its configuration.",
            chosen,
            main,
            others,
            remarks=self._remarks,
            beside=beside,
        )

    def _draft(self, transport: str, domain: str | None) -> Draft:
        """For mail to `domain` over `transport`; None: to a domain that no table names."""
        _, client = self._client(transport)
        policy, plugin = self._policy(transport, domain)
        return client.draft(policy, plugin)

    def _policy(self, transport: str, domain: str | None) -> tuple[Policy | None, Plugin | None]:
        """What the tables say of `domain`, and the plugin that is asked before them."""
        tables = self._policies(transport)
        plugin: Plugin | None = None
        line = self._client(transport)[0].line("smtp_tls_policy_maps")
        parents = domain is not None and domain.startswith(".")
        for table in tables:
            if table.plugin is not None:
                plugin = plugin or table.plugin
            if table.broken and line is not None:
                return Policy(level=INVALID, line=line), plugin
            if table.always is not None:
                return policy_of(*table.always, self._tell), plugin
            if domain is not None and not parents and domain in table.entries:
                return policy_of(*table.entries[domain], self._tell), plugin
        for parent in _parents(domain) if domain is not None else ():
            for table in tables:
                if parent in table.entries:
                    return policy_of(*table.entries[parent], self._tell), plugin
        return None, plugin

    def _others(self, usual: str) -> Iterator[tuple[str, str, Draft, str]]:
        """(recipient, a word for its posture's name, the draft, the line) of what tables name."""
        routed = dict(self._routed())
        for each, (routed_to, line) in routed.items():
            yield each, routed_to, self._draft(routed_to, each), line.said()
        for table in self._policies(usual):
            for key, (value, line) in table.entries.items():
                domain = self._recipient(key, line)
                if domain is None or domain in routed:
                    continue
                policy = policy_of(value, line, self._tell)
                transport = self._transport_for(domain, routed, usual)
                yield domain, policy.level, self._draft(transport, domain), line.said()

    @staticmethod
    def _transport_for(domain: str, routed: dict[str, tuple[str, Line]], usual: str) -> str:
        return next((routed[each][0] for each in _parents(domain) if each in routed), usual)

    def _recipient(self, key: str, line: Line) -> str | None:
        """A table's key as a recipient domain, or all below it; None where it is none."""
        bare = key.removeprefix(".")
        if re.search(r"[\[\]:@/*]", bare) or not bare:
            self._tell(
                Kind.IGNORED, line.said(), "it is for a next hop that a transport names, not for a recipient"
            )
            return None
        try:
            return "." * key.startswith(".") + to_domain(bare)
        except BadName:
            self._tell(Kind.IGNORED, line.said(), "its key is not a domain")
            return None

    def _routed(self) -> Iterator[tuple[str, tuple[str, Line]]]:
        """Recipient -> the client that transport_maps names for it."""
        for table in self._opened(self._main, "transport_maps"):
            for key, (value, line) in table.entries.items():
                transport, _, hop = value.partition(":")
                domain = self._recipient(key, line) if "@" not in key and key != "*" else None
                if hop.strip() or (transport and transport not in self._services and transport != "smtp"):
                    self._tell(Kind.UNDECIDED, line.said(), _ELSEWHERE)
                elif domain is None:
                    self._tell(
                        Kind.UNDECIDED, line.said(), "Only a domain, or those below one, can have a posture."
                    )
                elif transport:
                    yield domain, (transport, line)

    def _named_clients(self, usual: str) -> Sequence[str]:
        """Clients with TLS parameters of their own, which no table given may lead to."""
        return [
            name
            for name, entry in self._services.items()
            if name != usual and any(each.name.startswith("smtp_") for each in entry.options)
        ]

    # --- what is not in them ----------------------------------------------------------------------

    def _tell_of_parameters(self) -> None:
        used = {
            name for parameters, _ in self._clients.values() for name in parameters.used
        } | self._main.used
        told = known()
        for parameters in (self._main, *(each for each, _ in self._clients.values())):
            for name, found in parameters.set.items():
                where = found.line.said()
                doubt = told["undecided"].get(name)
                if doubt is not None:
                    value = (parameters.expanded(found.value) or found.value).lower()
                    if value not in doubt["usual"]:
                        self._tell(Kind.UNDECIDED, where, doubt["sentence"])
                        continue
                if name in used or not name.startswith(("smtp_", "tls_")):
                    continue
                self._tell(Kind.IGNORED, where, told["ignored"].get(name, told["ignored"]["other"]))

    def _tell_of_files(self) -> None:
        for line in self._lines.strange[:20]:
            self._tell(Kind.WRONG, line.said(), "This is no line of main.cf, master.cf or postconf's.")
        for file in self._lines.tables:
            if file.name not in self._read:
                self._tell(Kind.IGNORED, f"{file.name}:1", "no setting that was read names this file")


def _parents(domain: str) -> Iterator[str]:
    """ ".b.example", ".example" of a.b.example; of .b.example itself and what is above."""
    labels = domain.removeprefix(".").split(".")
    for first in range(0 if domain.startswith(".") else 1, len(labels)):
        yield "." + ".".join(labels[first:])
