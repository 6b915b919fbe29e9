"""One smtp(8) client's parameters, and a policy for one destination, as a draft of a posture.

postconf(5) smtp_tls_security_level and what is named there; smtp_tls_policy.c says which parameter counts at
which level: `smtp_tls_protocols` where TLS is optional, `smtp_tls_mandatory_protocols` where it is required.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from mailpath.judge.presets import AGENTS, PRESETS
from mailpath.records import Record
from mailpath.servers.drafts import Draft, Kind, Setting, Tell
from mailpath.servers.given import Line
from mailpath.servers.postfix.parameters import Parameters, version
from mailpath.servers.postfix.protocols import excludes_anonymous, understood_exclusions, versions
from mailpath.servers.postfix.tables import Plugin
from mailpath.visible import visible

LEVELS = ("none", "may", "encrypt", "fingerprint", "verify", "secure", "dane", "dane-only")
REQUIRED = frozenset(LEVELS[2:])
#: What a policy becomes that cannot be used: all mail for its destination is deferred.
INVALID = "invalid"
#: A name that no certificate has (RFC 2606 section 2).
NO_NAME = "no-certificate.invalid"
_ATTRIBUTES = (
    "ciphers",
    "connection_reuse",
    "enable_rpk",
    "exclude",
    "match",
    "protocols",
    "servername",
    "tafile",
)
_REFERENCES = {"hostname": "mx", "nexthop": "nexthop", "dot-nexthop": "dot-nexthop"}


class Policy(Record, frozen=True, kw_only=True):
    """What a policy table says of a destination.  `level`: `INVALID` where Postfix cannot use it."""

    level: str
    line: Line
    attributes: dict[str, str] = msgspec.field(default_factory=dict)

    @property
    def why(self) -> str:
        return self.line.said()


def policy_of(value: str, line: Line, tell: Tell) -> Policy:
    """The policy in a table's value."""
    words = [each for each in re.split(r"[,\s]+", value) if each]
    level = words[0].lower() if words else ""
    if level not in LEVELS:
        tell(Kind.WRONG, line.said(), "This is no TLS level, so Postfix defers mail for this destination.")
        return Policy(level=INVALID, line=line)
    attributes: dict[str, str] = {}
    for word in words[1:]:
        name, equals, text = word.partition("=")
        if name.lower() not in _ATTRIBUTES or not equals:
            tell(
                Kind.WRONG,
                line.said(),
                f"There is no attribute {visible(name, limit=40)!r}, so Postfix defers mail for this"
                " destination.",
            )
            return Policy(level=INVALID, line=line)
        # `match` may stand several times, and its names are all meant.
        given = name.lower()
        attributes[given] = (
            f"{attributes[given]}:{text}" if given == "match" and given in attributes else text
        )
    return Policy(level=level, attributes=attributes, line=line)


class Client:
    """One smtp(8) client.  `release`: Postfix's version, as far as the files tell; `tell`: takes remarks."""

    def __init__(
        self, parameters: Parameters, agent: str, release: tuple[int, int, int] | None, tell: Tell
    ) -> None:
        self._is = parameters
        self._agent = agent
        self._release = release
        self._tell = tell

    def usual_level(self) -> tuple[str, str]:
        """The level where no table has another one, and the line that says so."""
        said = self._is["smtp_tls_security_level"].lower()
        if said:
            if said not in LEVELS:
                self._tell(
                    Kind.WRONG,
                    self._is.why("smtp_tls_security_level"),
                    "This is no TLS level: Postfix does not send.",
                )
                said = "none"
            return said, self._is.why("smtp_tls_security_level")
        if "smtp_tls_security_level" not in self._is and self._compatible((3, 11, 0)):
            return "may", self._is.why("compatibility_level")
        if self._is.is_on("smtp_enforce_tls"):
            level = "verify" if self._is.is_on("smtp_tls_enforce_peername") else "encrypt"
            return level, self._is.why("smtp_enforce_tls")
        if self._is.is_on("smtp_use_tls"):
            return "may", self._is.why("smtp_use_tls")
        return "none", self._is.why("smtp_tls_security_level", "smtp_use_tls")

    def _compatible(self, wanted: tuple[int, int, int]) -> bool:
        return version(self._is["compatibility_level"]) >= wanted

    def draft(self, policy: Policy | None, plugin: Plugin | None) -> Draft:
        """The posture for a destination with `policy`; `plugin`: what is asked for MTA-STS before it."""
        level, why = self.usual_level()
        if policy is not None:
            level, why = policy.level, policy.why
        level = self._signed(level)
        if level == INVALID:
            return self._deferring(why, plugin)
        base = self._base(level, plugin)
        settings = tuple(self._settings(base, level, why, policy, plugin))
        agent = self._agent if PRESETS[base].agent.name.startswith("postfix-3.7") else None
        return Draft(base=base, why=why, agent=agent, settings=settings)

    def _deferring(self, why: str, plugin: Plugin | None) -> Draft:
        """No host is ever reached, as if no certificate had a name that would do; what `plugin` has a policy
        for is sent all the same."""
        base = "postfix-secure" if plugin is None else self._base("secure", plugin)
        settings = [Setting(field="level", value="secure", why=why)] if plugin is not None else []
        settings.append(Setting(field="references", value=[], why=why))
        settings.append(Setting(field="match_names", value=[NO_NAME], why="which no certificate has"))
        settings += (
            Setting(field=field, value="next", why="the mail waits, whatever the server says")
            for field in ("greeting_5xx", "helo_5xx", "invalid_reply_is", "starttls_5xx_required")
        )
        return Draft(base=base, why=why, agent=self._agent, settings=tuple(settings))

    def _signed(self, level: str) -> str:
        """DANE needs signed answers (smtp_tls_policy.c, dane_init): else `dane` is `may`."""
        if level not in ("dane", "dane-only"):
            return level
        support = self._is["smtp_dns_support_level"] or (
            "disabled" if self._is.is_on("disable_dns_lookups") else "enabled"
        )
        if support == "dnssec" and "dns" in self._is.words("smtp_host_lookup"):
            return level
        off = self._is.why("smtp_dns_support_level", "smtp_host_lookup")
        if level == "dane":
            self._tell(Kind.WRONG, off, "Without smtp_dns_support_level = dnssec, level dane is level may.")
            return "may"
        self._tell(
            Kind.WRONG, off, "Without smtp_dns_support_level = dnssec, level dane-only defers all mail."
        )
        return INVALID

    def _base(self, level: str, plugin: Plugin | None) -> str:
        if plugin is not None and plugin.name == "tlspol":
            return "postfix-tlspol"
        newer = f"{self._agent}-sts" if f"{self._agent}-sts" in PRESETS else "postfix-sts"
        if plugin is not None:
            return "postfix-dane-sts" if level == "dane" and newer == "postfix-sts" else newer
        bare = {"fingerprint": "encrypt"}.get(level, level)
        newer = f"{self._agent}-{bare}"
        return newer if newer in PRESETS else f"postfix-{bare}"

    # --- the fields -------------------------------------------------------------------------------

    def _settings(
        self, base: str, level: str, why: str, policy: Policy | None, plugin: Plugin | None
    ) -> Iterator[Setting]:
        yield from self._level(base, level, why, plugin)
        attributes = policy.attributes if policy is not None else {}
        at = policy.why if policy is not None else ""
        if level in ("verify", "secure"):
            yield from self._names(base, level, attributes.get("match"), at)
        if level in ("dane", "dane-only") or (plugin is not None and plugin.name == "tlspol"):
            yield from self._insecure_mx(level)
        if level != "none" or plugin is not None:
            yield from self._versions(level, attributes.get("protocols"), at)
            yield from self._suites(level, attributes.get("exclude"), at)
            self._tell_of_grade(level, attributes.get("ciphers"), at)
            yield from self._server_name(attributes.get("servername"), at)
        if "tafile" in attributes:
            self._tell(
                Kind.UNDECIDED,
                at,
                "Only the trust anchors of this file count; a verdict goes by the usual CAs.",
            )
        yield from self._connection()

    def _said(self, parameter: str, given: str | None, at: str) -> tuple[str, str] | None:
        """What counts and the line that says so: what the policy at `at` has `given`, else `parameter`; None
        where neither is set.
        """
        if given is not None:
            return given, at
        return (self._is[parameter], self._is.why(parameter)) if parameter in self._is else None

    def _level(self, base: str, level: str, why: str, plugin: Plugin | None) -> Iterator[Setting]:
        preset = PRESETS[base]
        dane = {"dane": "opportunistic", "dane-only": "mandatory"}.get(level, "off")
        bare = "may" if level in ("dane", "dane-only") else level
        if level == "fingerprint":
            self._tell(Kind.UNDECIDED, why, "mailpath does not compare fingerprints.")
            yield Setting(field="level", value=["encrypt", "secure"], why=why, open=True)
            return
        if preset.level != bare:
            yield Setting(field="level", value=bare, why=why)
        if preset.dane != dane and not (plugin is not None and plugin.name == "tlspol" and dane == "off"):
            yield Setting(field="dane", value=dane, why=why)
        if plugin is not None and not plugin.name:
            told = self._is.why("smtp_tls_policy_maps")
            self._tell(
                Kind.UNDECIDED,
                told,
                "What this plugin answers is not known; it is taken for one for MTA-STS.",
            )
            yield Setting(field="sts", value=[True, False], why=told, open=True)

    def _names(self, base: str, level: str, match: str | None, at: str) -> Iterator[Setting]:
        parameter = f"smtp_tls_{level}_cert_match"
        said = self._said(parameter, match, at)
        if said is None:
            usual = PRESETS[f"postfix-{level}"].references
            if PRESETS[base].references != usual:
                yield Setting(field="references", value=[*usual], why=self._is.why(parameter))
            return
        text, why = said
        words = [each.lower().rstrip(".") for each in re.split(r"[,\s:]+", text) if each]
        references = [_REFERENCES[each] for each in words if each in _REFERENCES]
        yield Setting(field="references", value=list(dict.fromkeys(references)), why=why)
        others = [visible(each, limit=255) for each in words if each not in _REFERENCES]
        if not words:
            others = [NO_NAME]
        if others:
            yield Setting(field="match_names", value=list(dict.fromkeys(others)), why=why)

    def _insecure_mx(self, level: str) -> Iterator[Setting]:
        parameter = "smtp_tls_dane_insecure_mx_policy"
        if parameter in self._is:
            value = self._is[parameter].lower()
            if value in ("may", "encrypt", "dane"):
                yield Setting(field="insecure_mx", value=value, why=self._is.why(parameter))
            else:
                self._tell(Kind.WRONG, self._is.why(parameter), "This is none of may, encrypt and dane.")
            return
        if level != "dane" or self._is["smtp_tls_security_level"].lower() == "dane":
            return
        # The default since 3.10.0 and 3.7.13 is dane at every level; before it was so only for a global dane.
        why = self._is.why(parameter)
        known = self._release
        if known is None or (3, 8, 0) <= known < (3, 10, 0):
            newer = known is None and self._compatible((3, 10, 0))
            if not newer:
                yield Setting(
                    field="insecure_mx",
                    value=["may", "dane"],
                    why=f"{why}; may before 3.7.13, dane from 3.10 on",
                    open=True,
                )
                return
        if known is not None and known < (3, 7, 13):
            yield Setting(field="insecure_mx", value="may", why=f"{why}: may before 3.7.13")
        else:
            yield Setting(field="insecure_mx", value="dane", why=f"{why}: dane from 3.10 on, and 3.7.13")

    def _versions(self, level: str, given: str | None, at: str) -> Iterator[Setting]:
        optional = (
            "smtp_tls_mandatory_protocols"
            if level in REQUIRED - {"dane", "dane-only"}
            else "smtp_tls_protocols"
        )
        for field, parameter in (
            ("min_tls", optional),
            ("min_tls_authenticated", "smtp_tls_mandatory_protocols"),
        ):
            said = self._said(parameter, given, at)
            if said is None:
                continue
            text, why = said
            found = versions(text)
            if found.wrong:
                self._tell(Kind.WRONG, why, f"{found.wrong}, so Postfix defers this mail.")
                continue
            if found.doubt:
                self._tell(Kind.UNDECIDED, why, found.doubt)
            yield Setting(field=field, value=found.oldest, why=why)

    def _suites(self, level: str, given: str | None, at: str) -> Iterator[Setting]:
        texts = [(given, at)] if given is not None else []
        for parameter in ("smtp_tls_exclude_ciphers", "smtp_tls_mandatory_exclude_ciphers"):
            mandatory = parameter == "smtp_tls_mandatory_exclude_ciphers"
            if given is None and parameter in self._is and (not mandatory or level in REQUIRED):
                texts.append((self._is[parameter], self._is.why(parameter)))
        for text, why in texts:
            doubtful = understood_exclusions(text)
            if doubtful:
                told = visible(", ".join(doubtful[:6]), limit=80)
                self._tell(Kind.UNDECIDED, why, f"A server that has only suites with {told} cannot be told.")
            if excludes_anonymous(text):
                yield Setting(field="anonymous_suites", value=False, why=why)
                return

    def _tell_of_grade(self, level: str, given: str | None, at: str) -> None:
        parameter = "smtp_tls_mandatory_ciphers" if level in REQUIRED - {"dane"} else "smtp_tls_ciphers"
        said = self._said(parameter, given, at)
        if said is None:
            return
        text, why = said
        grade = text.lower()
        if grade in ("high", "medium"):
            self._tell(Kind.IGNORED, why, "OpenSSL 3 has the same suites at high and medium")
        elif grade in ("low", "export"):
            self._tell(Kind.IGNORED, why, "OpenSSL 3 has no suites below medium")
        elif grade == "null":
            self._tell(Kind.UNDECIDED, why, "It wants suites that do not encrypt; few servers have any.")
        else:
            self._tell(Kind.WRONG, why, "This is no cipher grade, so Postfix defers this mail.")

    def _server_name(self, given: str | None, at: str) -> Iterator[Setting]:
        said = self._said("smtp_tls_servername", given, at)
        if said is None:
            return
        text, why = said
        if text.lower() in ("", "hostname"):
            yield Setting(field="sni", value="mx" if text else "none", why=why)
        else:
            self._tell(Kind.UNDECIDED, why, "mailpath does not ask what a server shows for that name.")

    def _connection(self) -> Iterator[Setting]:
        """What Postfix hears, limits and patience, which no level changes."""
        hidden = "starttls" in [each.lower() for each in self._is.words("smtp_discard_ehlo_keywords")]
        if hidden or self._is.is_on("smtp_never_send_ehlo"):
            parameter = "smtp_discard_ehlo_keywords" if hidden else "smtp_never_send_ehlo"
            yield Setting(field="sees_starttls", value=False, why=self._is.why(parameter))
        for parameter, field in (
            ("smtp_mx_address_limit", "address_limit"),
            ("smtp_mx_session_limit", "session_limit"),
        ):
            if parameter in self._is and (number := self._is.number(parameter)) is not None:
                yield Setting(field=field, value=number, why=self._is.why(parameter))
        waits: dict[str, Any] = {}
        reasons = []
        for parameter, keys in (
            ("smtp_helo_timeout", ("greeting", "ehlo")),
            ("smtp_starttls_timeout", ("starttls", "handshake")),
            ("smtp_mail_timeout", ("mail",)),
            ("smtp_rcpt_timeout", ("rcpt",)),
        ):
            if parameter in self._is and (seconds := self._is.seconds(parameter)) is not None:
                waits |= dict.fromkeys(keys, seconds)
                reasons.append(self._is.why(parameter))
        if waits:
            yield Setting(field="patience", value=waits, why="; ".join(reasons)[:240])
        if "smtp_skip_5xx_greeting" in self._is and not self._is.is_on("smtp_skip_5xx_greeting"):
            yield Setting(field="greeting_5xx", value="bounce", why=self._is.why("smtp_skip_5xx_greeting"))
        for parameter, field in (
            ("smtp_tls_force_insecure_host_tlsa_lookup", "tlsa_of_insecure_host"),
            ("smtp_balance_inet_protocols", "balance_families"),
        ):
            if parameter in self._is:
                yield Setting(field=field, value=self._is.is_on(parameter), why=self._is.why(parameter))
        if self._is["inet_protocols"].lower() == "ipv4":
            yield Setting(field="ipv6", value=False, why=self._is.why("inet_protocols"))
        if "smtp_pix_workarounds" in self._is:
            careful = "disable_esmtp" in self._is.words("smtp_pix_workarounds")
            yield Setting(field="pix_workaround", value=careful, why=self._is.why("smtp_pix_workarounds"))


def agent_for(release: tuple[int, int, int] | None) -> str:
    """The newest agent of Postfix that is not newer than `release`; where that is not known, 3.7."""
    wanted = release or (3, 7, 0)
    agents = {name: re.fullmatch(r"postfix-([0-9]+)\.([0-9]+)", name) for name in AGENTS}
    known = sorted((int(found[1]), int(found[2]), name) for name, found in agents.items() if found)
    fitting = [name for one, two, name in known if (one, two) <= wanted[:2]]
    return fitting[-1] if fitting else known[0][2]
