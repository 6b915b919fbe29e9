"""One smtp transport of Exim as a draft of a posture (spec.txt, "The smtp transport"; smtp.c).

Most of its TLS options are lists of hosts.  A list that is for all hosts, or for none, is a setting; any
other asks for the host's name or address, or looks something up, so that what it sets is unknown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from mailpath.judge.posture import VERSIONS
from mailpath.judge.presets import PRESETS
from mailpath.servers.drafts import Draft, Kind, Setting, Tell
from mailpath.servers.exim.configuration import Block, entries
from mailpath.wording.times import UNITS

#: Host lists that are for all hosts where nothing sets them; the others are for none.
_ALL = frozenset({"hosts_try_dane", "tls_try_verify_hosts", "tls_verify_cert_hostnames"})
#: What is read here: the rest is told.
READ = frozenset(
    {
        *("driver", "hosts_avoid_esmtp", "hosts_avoid_tls", "hosts_max_try", "hosts_require_dane"),
        *("hosts_require_tls", "hosts_try_dane", "tls_require_ciphers", "tls_sni", "tls_tempfail_tryclear"),
        *("tls_try_verify_hosts", "tls_verify_cert_hostnames", "tls_verify_hosts", "command_timeout"),
    }
)
_GNUTLS = {
    "VERS-SSL3.0": "SSLv3",
    "VERS-TLS1.0": "TLSv1",
    "VERS-TLS1.1": "TLSv1.1",
    "VERS-TLS1.2": "TLSv1.2",
    "VERS-TLS1.3": "TLSv1.3",
}


class Transport:
    """`signed`: whether answers come with a proof that Exim takes; `tell`: takes remarks."""

    def __init__(self, block: Block, tell: Tell, *, signed: bool = True) -> None:
        self._is = block
        self._tell = tell
        self._signed = signed

    def draft(self) -> Draft:
        """The posture of mail over this transport."""
        dane = self._dane()
        base = "exim" if dane is not False else "exim-opportunistic"
        return Draft(base=base, why=self._is.line.said(), settings=tuple(self._settings(base, dane)))

    def _settings(self, base: str, dane: bool | str | None) -> Iterator[Setting]:
        yield from self._about_dane(base, dane)
        yield from self._level()
        yield from self._starttls()
        yield from self._plaintext()
        yield from self._log_word()
        yield from self._tls()
        yield from self._limits()

    # --- lists of hosts -----------------------------------------------------------------------------

    def _for_all(self, name: str) -> bool | None:
        """Whether the host list `name` is for every host; None: for some, or that cannot be told."""
        text = self._is[name]
        if text is None:
            return name in _ALL
        first = next(entries(text), "!*")
        return {"*": True, "!*": False}.get(first)  # the first that matches a host counts

    def _verified(self) -> bool | None:
        """Whether a certificate must verify: where neither list is set, it must (tls-gnu.c)."""
        verified, tried = self._is["tls_verify_hosts"], self._is["tls_try_verify_hosts"]
        unset = verified is None or (self._is.printed and not verified)
        return True if unset and tried == "" else self._for_all("tls_verify_hosts")

    # --- what is demanded ---------------------------------------------------------------------------

    def _dane(self) -> bool | str | None:
        """True: tried, "mandatory", False: not; None: for some hosts."""
        required, tried = self._for_all("hosts_require_dane"), self._for_all("hosts_try_dane")
        if required:
            return "mandatory"
        if required is None or tried is None:
            return None
        if tried and not self._signed:
            self._tell(Kind.WRONG, self._is.why("hosts_try_dane"), "Without DNSSEC there is no DANE.")
            return False
        return tried

    def _about_dane(self, base: str, dane: bool | str | None) -> Iterator[Setting]:
        if dane == "mandatory":
            yield Setting(field="dane", value="mandatory", why=self._is.why("hosts_require_dane"))
        elif dane is None:
            required = self._for_all("hosts_require_dane") is None
            values = ["off", "opportunistic", "mandatory"] if required else ["off", "opportunistic"]
            why = self._is.why("hosts_require_dane" if required else "hosts_try_dane")
            yield Setting(field="dane", value=values, why=why, open=True)
        elif "hosts_try_dane" in self._is.options:
            value = "opportunistic" if dane else "off"
            if PRESETS[base].dane == value:
                yield Setting(field="dane", value=value, why=self._is.why("hosts_try_dane"))

    def _level(self) -> Iterator[Setting]:
        required, verified = self._for_all("hosts_require_tls"), self._verified()
        names = ("tls_verify_hosts", "tls_try_verify_hosts", "hosts_require_tls")
        both = [name for name in names if name in self._is.options]
        why = "; ".join(map(self._is.why, both))[:240]
        if required is None or (verified is None and required):
            values = ["encrypt", "verify"] if required else ["may", "encrypt"]
            values = [*values, "verify"] if required is None and verified is not False else values
            yield Setting(field="level", value=values, why=why, open=True)
        elif required:
            yield Setting(field="level", value="verify" if verified else "encrypt", why=why)
        if required is False and verified is None:
            yield Setting(field="optional_check", value=["never", "always"], why=why, open=True)
        elif required is False and verified:
            yield Setting(field="optional_check", value="always", why=why)
            yield Setting(field="certificate_falls_back", value=True, why=why)
        named, why = self._for_all("tls_verify_cert_hostnames"), self._is.why("tls_verify_cert_hostnames")
        if named is False:
            yield Setting(field="references", value=[], why=why)
            yield Setting(field="trusted_requires_name", value=False, why=why)
        elif named is None:
            self._tell(Kind.UNDECIDED, why, "Whether a certificate has to name the host.")

    def _starttls(self) -> Iterator[Setting]:
        """Hosts to which STARTTLS is never sent; where TLS is required they get no mail."""
        for name in ("hosts_avoid_tls", "hosts_avoid_esmtp"):
            avoided = self._for_all(name)
            if avoided is not False:
                value = False if avoided else [True, False]
                yield Setting(field="sees_starttls", value=value, why=self._is.why(name), open=not avoided)
                return

    def _plaintext(self) -> Iterator[Setting]:
        clear = self._is["tls_tempfail_tryclear"]
        why = self._is.why("tls_tempfail_tryclear")
        if clear == "false":
            yield Setting(field="fallback", value="never", why=why)
            yield Setting(field="starttls_4xx", value="next", why=why)
        elif clear == "true":
            yield Setting(field="fallback", value="at-once", why=why)
        elif clear is not None:
            yield Setting(field="fallback", value=["at-once", "never"], why=why, open=True)

    def _log_word(self) -> Iterator[Setting]:
        """A chain that nobody verifies is logged CV=no."""
        looked_at = self._for_all("tls_try_verify_hosts"), self._verified()
        if looked_at == (False, False):
            words = {"trusted": "CV=no"}
            yield Setting(field="tls_log_words", value=words, why=self._is.why("tls_try_verify_hosts"))

    # --- TLS, limits --------------------------------------------------------------------------------

    def _tls(self) -> Iterator[Setting]:
        sni = self._is["tls_sni"]
        if sni in ("", "$host", "${host}"):
            yield Setting(field="sni", value="mx" if sni else "none", why=self._is.why("tls_sni"))
        elif sni is not None:
            self._tell(
                Kind.UNDECIDED,
                self._is.why("tls_sni"),
                "mailpath does not ask what a server shows for that name.",
            )
        ciphers = self._is["tls_require_ciphers"]
        if not ciphers:
            return
        why = self._is.why("tls_require_ciphers")
        oldest, doubt = oldest_of(ciphers)
        if doubt:
            self._tell(Kind.UNDECIDED, why, doubt)
        if oldest:
            yield Setting(field="min_tls", value=oldest, why=why)
            yield Setting(field="min_tls_authenticated", value=oldest, why=why)

    def _limits(self) -> Iterator[Setting]:
        limit = self._is["hosts_max_try"]
        if limit is not None and re.fullmatch(r"[0-9]{1,6}", limit):
            yield Setting(field="address_limit", value=int(limit), why=self._is.why("hosts_max_try"))
        seconds = _seconds(self._is["command_timeout"] or "")
        if seconds is not None:
            waits = dict.fromkeys(("greeting", "ehlo", "starttls", "handshake", "mail", "rcpt"), seconds)
            yield Setting(field="patience", value=waits, why=self._is.why("command_timeout"))


def oldest_of(priorities: str) -> tuple[str, str]:
    """The oldest TLS version of a GnuTLS priority string, "" for the library's own; and what is in doubt."""
    words = [each.strip() for each in priorities.split(":") if each.strip()]
    if not words or not (words[0].upper() in ("NORMAL", "NONE") or words[0].startswith("@")):
        return "", "A server that has none of these suites cannot be told."
    versions: Mapping[str, str] = _GNUTLS
    on = {"TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"} if words[0].upper() != "NONE" else set()
    doubt = "A server that has none of these suites cannot be told." if words[0].upper() != "NORMAL" else ""
    for word in words[1:]:
        sign, name = word[0], word[1:].upper()
        if name in ("VERS-ALL", "VERS-TLS-ALL"):
            on = set(versions.values()) if sign == "+" else set()
        elif name in versions:
            on = on | {versions[name]} if sign == "+" else on - {versions[name]}
        elif sign in "+-!" and not doubt:
            doubt = f"A server that needs what {word[:40]!r} changes cannot be told."
    known = [each for each in VERSIONS if each in on]
    if not known:
        return "", "No TLS version is left."
    return known[0], doubt


def _seconds(text: str) -> int | None:
    """A time as Exim has it: 4m30s."""
    parts = re.findall(r"([0-9]{1,6})([wdhms])", text)
    if not parts or "".join(map("".join, parts)) != text.strip():
        return None
    return sum(int(number) * UNITS[unit] for number, unit in parts)
