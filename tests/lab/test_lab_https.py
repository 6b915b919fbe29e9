"""The lab's policy hosts over real TLS, as httpx sees them."""

from __future__ import annotations

import ssl

import httpx
import pytest

from mailpath.lab import Lab, load

STS = """
id = "web"
title = "t"
teaches = "t"
hint = "h"
[[zone]]
rr = ["@ MX 10 mx1", "@ MX 20 mx2.other.example."]
[sts]
"""


@pytest.fixture
def served(tmp_path):
    """A running lab with one policy host; the test gives the lines of its [sts] table."""
    running: list[Lab] = []

    def start(table: str) -> Lab:
        file = tmp_path / "web.toml"
        file.write_text(STS + table)
        running.append(Lab.start((load(file),)))
        return running[-1]

    yield start
    for lab in running:
        lab.stop()


def get(lab: Lab, path: str = "/.well-known/mta-sts.txt", timeout: float = 5.0) -> httpx.Response:
    host = "mta-sts.web.example"
    there = lab.dialled(host, 443)
    verifying = ssl.create_default_context(cafile=lab.settings.ca_file)
    with httpx.Client(verify=verifying, trust_env=False, timeout=timeout) as client:
        return client.get(f"https://{there}{path}", headers={"Host": host}, extensions={"sni_hostname": host})


def test_the_default_policy(served) -> None:
    lab = served("")
    answer = get(lab)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/plain"
    assert answer.text.split("\r\n") == [
        "version: STSv1",
        "mode: enforce",
        "mx: mx1.web.example",
        "mx: mx2.other.example",
        "max_age: 604800",
        "",
    ]
    assert lab.records("_mta-sts.web.example", "TXT") == ('"v=STSv1; id=20260101000000;"',)
    assert get(lab, path="/").status_code == 404
    assert lab.seen[-1].sni == "mta-sts.web.example"


def test_policy_fields(served) -> None:
    lab = served(
        'mode = "testing"\nmx = ["*.@"]\nmax_age = 5\neol = "\\n"\ntxt = ["v=STSv1; id=a;", "v=STSv1; id=b;"]'
    )
    assert get(lab).text == "version: STSv1\nmode: testing\nmx: *.web.example\nmax_age: 5\n"
    assert len(lab.records("_mta-sts.web.example", "TXT")) == 2


@pytest.mark.parametrize(
    ("table", "status", "header", "body"),
    [
        ('body = "hello"\nctype = "text/html"', 200, ("content-type", "text/html"), "hello"),
        ('ctype = ""\nbody = "x"', 200, ("content-type", None), "x"),
        (
            'status = 302\nredirect = "https://elsewhere.example/"\nbody = ""',
            302,
            ("location", "https://elsewhere.example/"),
            "",
        ),
        ('status = 500\nbody = "broken"', 500, ("content-length", "6"), "broken"),
        ('no_length = true\nbody = "to the end"', 200, ("content-length", None), "to the end"),
    ],
)
def test_http_faults(served, table: str, status: int, header: tuple[str, str | None], body: str) -> None:
    answer = get(served(table))
    assert answer.status_code == status
    assert answer.headers.get(header[0]) == header[1]
    assert answer.text == body


@pytest.mark.parametrize(
    ("cert", "why"),
    [
        ("web-wrongname", "not valid for"),
        ("web-expired", "expired"),
        ("web-notyet", "not yet valid"),
        ("web-noint", "unable to get local issuer"),
        ("self", "self-signed"),
        ("ta", "self-signed certificate in certificate chain"),
    ],
)
def test_bad_certificates(served, cert: str, why: str) -> None:
    with pytest.raises(httpx.ConnectError, match=why):
        get(served(f'cert = "{cert}"'))


@pytest.mark.parametrize("cert", ["web", "web-withroot"])
def test_good_certificates(served, cert: str) -> None:
    assert get(served(f'cert = "{cert}"')).status_code == 200


@pytest.mark.parametrize(
    ("table", "error"),
    [
        ('listen = "refused"', httpx.ConnectError),
        ('listen = "hang"', httpx.ReadTimeout),
        ("stall = true", httpx.ReadTimeout),
    ],
)
def test_hosts_that_do_not_answer(served, table: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        get(served(table), timeout=0.3)


def test_a_policy_host_without_address(served) -> None:
    assert served('listen = "noaddr"').records("mta-sts.web.example", "A") == ()
