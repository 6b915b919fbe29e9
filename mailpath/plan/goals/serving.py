"""What a mail host is asked to do: answer, offer TLS, show a certificate that holds."""

from __future__ import annotations

from msgspec.structs import replace

from mailpath.facts import Security
from mailpath.lab.grammar import Certificate, Server, TlsLimits
from mailpath.plan import checks
from mailpath.plan.drafts import Draft, Drafting, Phase
from mailpath.plan.goals.stopped import Stopped
from mailpath.plan.goals.tlsa import NEW_TTL, USUAL, current_record, part_of, shape_of
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
    drafting: Drafting,
    host: HostNow,
    title: str,
    what: str,
    *,
    trusted: bool = False,
    delivers: bool = False,
    phase: Phase = "",
) -> None:
    """A step that lets `host` offer TLS; `trusted`: with a certificate that anybody accepts; `delivers`: what
    is asked of it is to accept mail at all."""
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
                check="" if delivers else checks.tls_offered(host.name, host.addresses, trusted=trusted),
                delivers=delivers,
                undo=("Restore the configuration of before.",),
                phase=phase,
            )
        )


OFFER = "Offer STARTTLS"


def offer(host: str) -> str:
    """What `OFFER` asks of `host`."""
    return f"Let {host} offer STARTTLS with TLS 1.2 or later at each address; any certificate will do."


def certify(drafting: Drafting, host: HostNow, *, phase: Phase = "") -> None:
    """Steps that give `host` a certificate from a public CA for the key that it has.

    TLSA records that name more than the key are replaced around it.
    """
    fragile = [each for each in host.live if shape_of(each)[:2] != USUAL[:2]]
    held = drafting.world.records(host.owner, "TLSA")
    ttl = min((each.ttl for each in held), default=NEW_TTL)
    key = current_record(host, USUAL, ttl) if fragile else None
    if key is not None and key not in held:
        drafting.set_records(
            {part_of(host): (*held, key)},
            "Publish a record of the key",
            f"Publish a TLSA record of the key of {host.name}, which another certificate may keep.",
            undo=("Withdraw it again.",),
            phase=phase,
        )
    keep = " Keep the key: TLSA records name it." if host.live else ""
    what = (
        f"Let {host.name} offer STARTTLS with a certificate from a public CA that is valid for {host.name},"
        f" intermediates included.{keep}"
    )
    serve(drafting, host, "Show a certificate from a public CA", what, trusted=True, phase=phase)
    stale = {each.rr for each in fragile}
    drafting.set_records(
        {
            part_of(host): tuple(
                each for each in drafting.world.records(host.owner, "TLSA") if each not in stale
            )
        }
        if fragile
        else {},
        "Withdraw the records of the old certificate",
        "Withdraw the TLSA records that name more than the key.",
        settle=False,
        undo=("Publish them again.",),
        phase=phase,
    )


def refuse_theirs(situation: Situation, hosts: list[HostNow], lacks: str, without: str) -> None:
    """Raises `Stopped` where `hosts`, somebody else's, lack something; `without`: what else there is."""
    if hosts:
        raise Stopped(
            Result.BLOCKED,
            f"What is missing is not yours to change. {without}".strip(),
            tuple(Blocked(by=each.name, why=f"{lacks} Ask its operator for it.") for each in hosts),
        )


def refuse_broken(situation: Situation) -> None:
    """Raises `Stopped` where no sender that validates can learn who takes the mail."""
    if situation.walk.mx.lookup.security is Security.BOGUS:
        zone = situation.walk.mx.lookup.zone or situation.recipient
        why = Blocked(by=zone, why="Its answers are bogus: see the goal repair first.")
        raise Stopped(Result.BLOCKED, "DNS is broken.", (why,))


def refuse_silent(hosts: list[HostNow]) -> None:
    """Raises `Stopped` where some host did not answer: nothing is known of what it shows."""
    if hosts:
        raise Stopped(
            Result.BLOCKED,
            "Some MX hosts do not answer: bring them up, or take them out of the MX records.",
            tuple(Blocked(by=each.name, why="It is not ready to accept mail.") for each in hosts),
        )
