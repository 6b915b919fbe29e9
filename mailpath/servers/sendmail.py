"""Sendmail: the `.mc` file, and the TLS entries of its access map, as postures (cf/README, doc/op).

`TLS_Srv:` and `Try_TLS:` without a name are for every server, `TLS_Rcpt:` with a domain for a recipient.  An
entry for one server asks for an MX host's name, which no posture has.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from mailpath.names import BadName, to_domain
from mailpath.servers.drafts import Draft, Imported, Kind, Remark, Setting, gathered
from mailpath.servers.given import MAX_LINE, Given, Line
from mailpath.visible import visible
from mailpath.wording.times import UNITS

_DEFINED = re.compile(r"\s*define\(`?(conf\w+|SMART_HOST)'?\s*,\s*`?([^'`]*)'?\)")
_FEATURE = re.compile(r"\s*FEATURE\(`?(\w+)'?")
_ENTRY = re.compile(r"\s*(TLS_Srv|TLS_Rcpt|Try_TLS|TLS_Clt):(\S*)\s+(\S.*)", re.IGNORECASE)
#: Time-outs and what they are for (`Patience`); the unit is written out, minutes where there is none.
_WAITS = {
    "confTO_INITIAL": ("greeting",),
    "confTO_HELO": ("ehlo",),
    "confTO_STARTTLS": ("starttls", "handshake"),
    "confTO_MAIL": ("mail",),
    "confTO_RCPT": ("rcpt",),
}
_UNDECIDED = {
    "SMART_HOST": "Mail goes to this relay: the posture says what would happen without it.",
    "confCIPHER_LIST": "A server that has none of these suites cannot be told.",
    "confCLIENT_SSL_OPTIONS": "OpenSSL's own options may refuse some servers.",
}


class Sendmail:
    """The lines that say something: what is defined, features, entries of the access map."""

    def __init__(self, files: Iterable[Given]) -> None:
        self.defined: dict[str, tuple[str, Line]] = {}
        self.features: dict[str, Line] = {}
        self.entries: list[tuple[str, str, str, Line]] = []
        for file in files:
            for number, raw in enumerate(file.text.split("\n"), 1):
                self._take(Line(file=file.name, number=number, text=raw[:MAX_LINE].strip()))

    def _take(self, line: Line) -> None:
        if line.text.startswith(("#", "dnl")):
            return
        if defined := _DEFINED.match(line.text):
            self.defined[defined[1]] = defined[2].strip(), line
        elif feature := _FEATURE.match(line.text):
            self.features[feature[1]] = line
        elif entry := _ENTRY.match(line.text):
            self.entries.append((entry[1].lower(), entry[2].lower(), entry[3].strip(), line))

    @property
    def found(self) -> bool:
        """Whether these are files of Sendmail."""
        return bool(self.defined or self.features or self.entries)

    def is_on(self, name: str) -> bool:
        """Whether what is defined so is true."""
        return self.defined.get(name, ("", None))[0].lower() == "true"


def import_sendmail(found: Sendmail, name: str | None) -> Imported:
    """The postures of the server."""
    return _Reading(found).imported(name)


class _Reading:
    def __init__(self, found: Sendmail) -> None:
        self._found = found
        self._remarks: list[Remark] = []

    def _tell(self, kind: Kind, line: Line, sentence: str) -> None:
        self._remarks.append(Remark(kind=kind, where=line.said(), sentence=sentence))

    def imported(self, name: str | None) -> Imported:
        usual = [
            setting
            for kind, key, value, line in self._found.entries
            if not key
            for setting in self._demanded(kind, value, line)
        ]
        main = self._draft(usual)
        others = list(self._recipients(usual))
        for each, (value, line) in self._found.defined.items():
            if each in _UNDECIDED and value:
                self._tell(Kind.UNDECIDED, line, _UNDECIDED[each])
        head = "Sendmail, read from its configuration."
        return gathered(head, name or "my-server", main, others, remarks=self._remarks)

    def _recipients(self, usual: list[Setting]) -> Iterator[tuple[str, str, Draft, str]]:
        for kind, key, value, line in self._found.entries:
            if not key or kind == "tls_clt":
                continue
            if kind != "tls_rcpt" or "@" in key:
                what = "one address" if "@" in key else "one MX host"
                self._tell(Kind.UNDECIDED, line, f"It is for {what}, and no posture is.")
                continue
            try:
                domain = to_domain(key)
            except BadName:
                self._tell(Kind.IGNORED, line, "its key is not a domain")
                continue
            draft = self._draft([*usual, *self._demanded(kind, value, line)])
            # A domain without a dot in front stands for what is below it, too (access_db).
            yield domain, value.partition(":")[0], draft, line.said()
            yield f".{domain}", value.partition(":")[0], draft, line.said()

    def _draft(self, demanded: list[Setting]) -> Draft:
        found = self._found
        dane, sts = found.is_on("confDANE"), "sts" in found.features
        base = f"sendmail{'-dane' if dane else ''}{'-sts' if sts else ''}"
        lines = [found.defined["confDANE"][1]] if dane else []
        lines += [found.features["sts"]] if sts else []
        why = "; ".join(each.said() for each in lines) or "neither confDANE nor FEATURE(`sts') is set"
        settings = {each.field: each for each in (*self._general(), *demanded)}  # the last of a field counts
        return Draft(base=base, why=why, settings=tuple(settings.values()))

    def _general(self) -> Iterator[Setting]:
        if "confTLS_FALLBACK_TO_CLEAR" in self._found.defined:
            _, line = self._found.defined["confTLS_FALLBACK_TO_CLEAR"]
            clear = self._found.is_on("confTLS_FALLBACK_TO_CLEAR")
            yield Setting(field="fallback", value="at-once" if clear else "never", why=line.said())
        waits: dict[str, int] = {}
        reasons = []
        for name, keys in _WAITS.items():
            if name not in self._found.defined:
                continue
            value, line = self._found.defined[name]
            seconds = re.fullmatch(r"([0-9]{1,5})([smhd]?)", value)
            if seconds is not None:
                waits |= dict.fromkeys(keys, int(seconds[1]) * UNITS[seconds[2] or "m"])
                reasons.append(line.said())
        if waits:
            yield Setting(field="patience", value=waits, why="; ".join(reasons)[:240])

    def _demanded(self, kind: str, value: str, line: Line) -> Iterator[Setting]:
        """What an entry asks for: `NO`; `ENCR:bits`; `VERIFY:bits+CN:name`, behind `TEMP+` or `PERM+`."""
        said = value.upper()
        if kind == "try_tls":
            if said == "NO":
                yield Setting(field="level", value="none", why=line.said())
            return
        if kind == "tls_clt":
            return
        if said.startswith("PERM+"):
            self._tell(Kind.UNDECIDED, line, "What fails it bounces; the posture lets it wait.")
        required, *more = re.sub(r"\A(?:PERM|TEMP)\+", "", said).split("+")
        if required.startswith("ENCR"):
            yield Setting(field="level", value="encrypt", why=line.said())
        elif required.startswith("VERIFY"):
            yield Setting(field="level", value="verify", why=line.said())
            names = [each.partition(":")[2].lower() for each in more if each.startswith("CN:")]
            yield Setting(field="references", value=["mx"] if "CN" in more else [], why=line.said())
            if names:
                shown = [visible(each, limit=255) for each in names]
                yield Setting(field="match_names", value=shown, why=line.said())
        else:
            self._tell(Kind.UNDECIDED, line, "This requirement is not read.")
        if any(each.startswith(("CS", "CI")) for each in more):
            self._tell(
                Kind.UNDECIDED, line, "mailpath does not compare the subject and issuer of a certificate."
            )
