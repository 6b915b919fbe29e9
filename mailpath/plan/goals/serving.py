"""What a mail host is asked to do: answer, offer TLS, show a certificate that holds."""

from __future__ import annotations

from msgspec.structs import replace

from mailpath.lab.grammar import Certificate, Server, TlsLimits
from mailpath.plan.drafts import Draft, Drafting, Phase
from mailpath.plan.goals.stopped import Stopped
from mailpath.plan.model import Blocked, Do, Result
from mailpath.plan.situation import HostNow, Situation
from mailpath.plan.world import Part, certificate


def healthy(server: Server) -> Server:
    """A table of the same host that greets, offers TLS and takes mail."""
    plain = Server(host=server.host)
    return replace(
        server,
        **{
            key: getattr(plain, key)
            for key in (
                "listen",
                "listen6",
                "banner",
                "banner_delay",
                "pause",
                "drip",
                "ehlo_reply",
                "helo",
                "starttls",
                "inject",
                "sni_required",
                "sni_reject_unknown",
                "after_tls",
                "mail",
                "rcpt",
                "data",
                "dot",
            )
        },
        tls=TlsLimits(),
    )


def public(now: Certificate, host: str) -> Certificate:
    """One with the same key by a public CA, valid for `host`."""
    return Certificate(preset="web", names=(f"{host}.",), key=now.key, algorithm=now.algorithm, host=now.host)


def serve(
    drafting: Drafting, host: HostNow, title: str, what: str, *, trusted: bool, phase: Phase = ""
) -> None:
    """A step that lets `host` offer TLS; `trusted`: with a certificate that anybody accepts."""
    parts: dict[Part, object] = {}
    for name in host.servers:
        tables = tuple(map(healthy, drafting.world.servers(name)))
        if trusted:
            shown = (public(certificate(each.cert), host.name) for each in tables)
            tables = tuple(replace(each, cert=cert, sni={}) for each, cert in zip(tables, shown, strict=True))
        if tables != drafting.world.servers(name):
            parts[Part("server", name)] = tables
    if parts:
        drafting.add(
            Draft(
                who=f"mail host {host.name}",
                title=title,
                do=(Do(kind="serve", what=what),),
                parts=parts,
                check=f"mailpath check {drafting.situation.recipient}",
                undo=("Restore the configuration of before.",),
                phase=phase,
            )
        )


OFFER = "Offer STARTTLS"
CERTIFY = "Show a certificate of a public CA"


def offer(host: str) -> str:
    """What `OFFER` asks of `host`."""
    return f"Let {host} offer STARTTLS with TLS 1.2 or later at each address; any certificate will do."


def certify(host: str) -> str:
    """What `CERTIFY` asks of `host`."""
    return (
        f"Let {host} offer STARTTLS with a certificate of a public CA that is valid for {host}, intermediates"
        " included; keep the key if TLSA records name it."
    )


def refuse_theirs(situation: Situation, hosts: list[HostNow], lacks: str, without: str) -> None:
    """Raises `Stopped` where `hosts`, somebody else's, lack something; `without`: what else there is."""
    if hosts:
        raise Stopped(
            Result.BLOCKED,
            f"What is missing is not yours to change. {without}".strip(),
            tuple(Blocked(by=each.name, why=f"{lacks} Ask its operator for it.") for each in hosts),
        )


def refuse_silent(hosts: list[HostNow]) -> None:
    """Raises `Stopped` where some host did not answer: nothing is known of what it shows."""
    if hosts:
        raise Stopped(
            Result.BLOCKED,
            "Some MX hosts do not answer: bring them up, or take them out of the MX records.",
            tuple(Blocked(by=each.name, why="It is not ready to take mail.") for each in hosts),
        )
