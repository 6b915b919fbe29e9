"""What can be at the root of a failure: data.

A case is a small walk with one thing wrong, the codes under which a real walk shows that, and the events
it is there for.  Which postures fail so, and with which status code, is not written here: the judge is
asked (`scripts/reaches.py`).
"""

from __future__ import annotations

from collections.abc import Mapping

from mailpath.exchanges import Failure, Stage
from mailpath.facts import Found, MxHost, MxKind
from mailpath.judge.events import Event
from scripts.explain_cases.case import Case
from scripts.explain_cases.cases_tls import DELIVERED, TLS
from scripts.explain_cases.walks import (
    BOGUS,
    DOMAIN,
    ENCRYPTED,
    HELLO,
    INSECURE,
    SECURE,
    TLSA,
    TLSA_PKIX,
    ended,
    failed,
    host,
    lookup,
    nowhere,
    policy,
    reply,
    walk,
)

_MX = lookup(DOMAIN, "MX")
_NO_MX = lookup(DOMAIN, "MX", found=Found.ABSENT)

_DNS = (
    Case(
        "mx-failed",
        "Nobody answers for the recipient domain, or the answer is not usable.",
        ("MX005",),
        (Event.MX_FAILED,),
        nowhere(MxKind.FAILED, failed(DOMAIN, "MX")),
    ),
    Case(
        "mx-bogus",
        "The recipient domain's DNSSEC is broken, so a validating resolver returns no MX records.",
        ("SEC002", "SEC012", "SEC011"),
        (Event.MX_FAILED,),
        nowhere(MxKind.FAILED, lookup(DOMAIN, "MX", BOGUS)),
    ),
    Case(
        "null-mx",
        "The domain states with a null MX record that it accepts no mail.",
        ("MX001", "MX006"),
        (Event.NULL_MX,),
        nowhere(MxKind.NULL, _MX),
    ),
    Case(
        "no-address",
        "The domain has neither an MX record nor an address.",
        ("MX003",),
        (Event.NO_ADDRESS,),
        nowhere(MxKind.NONE, _NO_MX),
    ),
    Case(
        "no-domain",
        "The domain does not exist: the address is misspelled, or the registration has expired.",
        ("MX004",),
        (Event.NO_SUCH_DOMAIN,),
        nowhere(MxKind.NONE, lookup(DOMAIN, "MX", found=Found.ABSENT, rcode="NXDOMAIN")),
    ),
    Case(
        "mx-invalid",
        "No MX record names a valid host.",
        ("MX011",),
        (Event.MX_INVALID,),
        nowhere(MxKind.HOSTS, _MX, MxHost(name="mx 1", preference=10, form="invalid")),
    ),
    Case(
        "host-failed",
        "The lookup of the mail host's address failed, perhaps because of broken DNSSEC.",
        ("MX013", "SEC002"),
        (Event.HOST_FAILED, Event.SOME_HOST_FAILED),
        nowhere(MxKind.HOSTS, _MX, host(found=Found.FAILED)),
    ),
    Case(
        "host-missing",
        "The MX record names a host that does not exist.",
        ("MX007", "MX008"),
        (Event.HOST_NOT_FOUND, Event.NO_HOST_FOUND),
        nowhere(MxKind.HOSTS, _MX, host(rcode="NXDOMAIN")),
    ),
    Case(
        "host-without-address",
        "The MX record names a host without an address.",
        ("MX007",),
        (Event.HOST_WITHOUT_ADDRESS, Event.NO_HOST_FOUND),
        nowhere(MxKind.HOSTS, _MX, host()),
    ),
    Case(
        "host-invalid",
        "The MX host is an alias of something that is not a host name.",
        ("MX008",),
        (Event.HOST_INVALID, Event.NO_HOST_FOUND),
        nowhere(MxKind.HOSTS, _MX, host(alias_of="mx+1.example")),
    ),
    Case(
        "host-literal",
        "The MX record names an IP address.",
        ("MX010",),
        (Event.HOST_IS_LITERAL, Event.NO_HOST_FOUND),
        nowhere(MxKind.HOSTS, _MX, MxHost(name="192.0.2.1", preference=10, form="ip-literal")),
    ),
    Case(
        "host-itself",
        "The best MX record names the sending server itself.",
        ("MX009",),
        (Event.LOOPS_BACK,),
        nowhere(MxKind.HOSTS, _MX, MxHost(name="localhost", preference=10)),
    ),
)

_DANE = (
    Case(
        "tlsa-failed",
        "The TLSA lookup fails; the sender does not use the mail host, because the failure could be an"
        " attack.",
        ("TLSA005", "SEC002"),
        (Event.TLSA_FAILED, Event.DANE_UNKNOWN),
        walk(ENCRYPTED, mx=SECURE, tlsa_fails=True),
    ),
    Case(
        "tlsa-missing",
        "The sender insists on DANE, but the host has no TLSA record.",
        ("TLSA001", "TLSA011"),
        (Event.TLSA_MISSING,),
        walk(ENCRYPTED, mx=SECURE),
    ),
    Case(
        "tlsa-unsigned",
        "The sender insists on DANE, but the TLSA records are not signed.",
        ("TLSA007",),
        (Event.TLSA_MISSING,),
        walk(ENCRYPTED, mx=SECURE, tlsa=(TLSA,), tlsa_security=INSECURE),
    ),
    Case(
        "tlsa-unusable",
        "The sender insists on DANE, but no TLSA record is usable for mail.",
        ("TLSA003", "TLSA004"),
        (Event.TLSA_UNUSABLE,),
        walk(ENCRYPTED, mx=SECURE, tlsa=(TLSA_PKIX,)),
    ),
    Case(
        "mx-unsigned",
        "The sender insists on DANE, but the recipient domain's MX records are not signed.",
        ("SEC001", "TLSA014"),
        (Event.NOT_SECURE,),
        walk(ENCRYPTED, host=SECURE, tlsa=(TLSA,)),
    ),
    Case(
        "host-unsigned",
        "The sender insists on DANE, but the mail host's address is not signed.",
        ("SEC004",),
        (Event.HOST_NOT_SECURE,),
        walk(ENCRYPTED, mx=SECURE, host=INSECURE),
    ),
)

_STS = (
    Case(
        "sts-unlisted",
        "The MTA-STS policy does not list the mail host.",
        ("STS013",),
        (Event.STS_MX_UNLISTED,),
        walk(ENCRYPTED, sts=policy("elsewhere.example")),
    ),
    Case(
        "sts-unreadable",
        "The policy has a form that the sender's own policy service passes on wrongly.",
        ("STS010",),
        (Event.STS_UNREADABLE,),
        walk(ENCRYPTED, sts=policy("mx.b.example other.example")),
    ),
)

_SESSION = (
    Case(
        "unreachable",
        "The mail host is down, or a firewall on the path blocks mail sessions.",
        ("TLS001", "MX009", "SND001"),
        (Event.CONNECT_FAILED,),
        walk(ended(Stage.CONNECT, {}, Failure.TIMEOUT), mx=SECURE, tlsa=(TLSA,)),
    ),
    Case(
        "refused",
        "Nothing listens on the mail host's port 25.",
        ("TLS001",),
        (Event.CONNECT_FAILED,),
        walk(ended(Stage.CONNECT, {}, Failure.REFUSED), mx=SECURE, tlsa=(TLSA,)),
    ),
    Case(
        "greeting-temporary",
        "The mail host is busy or limits connections.",
        ("TLS016",),
        (Event.GREETING_REFUSED,),
        walk({"greeting": reply(421, "4.3.2 come back later")}, mx=SECURE, tlsa=(TLSA,)),
    ),
    Case(
        "greeting-permanent",
        "The mail host does not accept mail from this address.",
        ("TLS016",),
        (Event.GREETING_REFUSED,),
        walk({"greeting": reply(554, "5.7.1 no service here")}, mx=SECURE, tlsa=(TLSA,)),
    ),
    Case(
        "greeting-lost",
        "The mail host accepts the connection and closes it, or never speaks.",
        ("TLS018",),
        (Event.GREETING_LOST,),
        walk(ended(Stage.GREETING, {}), mx=SECURE, tlsa=(TLSA,)),
    ),
    Case(
        "ehlo-lost",
        "The mail host closes the connection after EHLO.",
        ("TLS018",),
        (Event.EHLO_LOST,),
        walk(ended(Stage.EHLO, {"greeting": HELLO["greeting"]}), mx=SECURE, tlsa=(TLSA,)),
    ),
    Case(
        "ehlo-refused",
        "The mail host refuses EHLO and HELO.",
        ("TLS017",),
        (Event.EHLO_REFUSED,),
        walk(
            {**HELLO, "ehlo": reply(502, "5.5.1 no"), "helo": reply(550, "5.7.1 no")}, mx=SECURE, tlsa=(TLSA,)
        ),
    ),
    Case(
        "sender-refused",
        "The recipient's server does not accept mail from this sender: greylisting, a block list, or its"
        " policy.",
        (),
        (Event.MAIL_REFUSED,),
        walk({**HELLO, "mail_from": reply(451, "4.7.1 greylisted")}),
    ),
    Case(
        "recipient-refused",
        "The recipient's server does not accept mail for this mailbox: it does not exist, is full, or is"
        " greylisted.",
        (),
        (Event.RCPT_REFUSED,),
        walk({**HELLO, "rcpt_to": reply(550, "5.1.1 no such user")}),
    ),
    Case(
        "sender-lost",
        "The recipient's server closes the connection or goes silent after MAIL FROM.",
        (),
        (Event.MAIL_LOST,),
        walk(HELLO, enveloped=ended(Stage.ENVELOPE, HELLO)),
    ),
    Case(
        "recipient-lost",
        "The recipient's server closes the connection or goes silent after RCPT TO.",
        (),
        (Event.RCPT_LOST,),
        walk(HELLO, enveloped=ended(Stage.ENVELOPE, {**HELLO, "mail_from": reply(250, "ok")})),
    ),
)

#: By id, in the order in which a delivery would meet them.
CASES: Mapping[str, Case] = {case.id: case for case in (*_DNS, *_DANE, *_STS, *_SESSION, *TLS, *DELIVERED)}
