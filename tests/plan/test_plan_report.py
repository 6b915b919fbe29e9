"""A plan as text, Markdown and HTML: all of it in each, and no foreign markup."""

from __future__ import annotations

from itertools import pairwise

from markdown_it import MarkdownIt
from pages import Page

from mailpath.plan import Blocked, Do, Goal, Plan, PolicyFile, Proof, Result, Step, Unsafe, Worse
from mailpath.report.plan import html, markdown, text

EVIL = "\x1b]0;x\x07[x](//evil.example) </pre><script>alert(1)</script> @all #1 ```\u202e\n{{7*7}}|"


def full(foreign: str) -> Plan:
    """A plan with something in every field; `foreign`: wherever text of others may stand."""
    file = PolicyFile(url=f"https://mta-sts.{foreign}/", text=f"version: STSv1\nmx: {foreign}\n")
    publish = Do(
        kind="publish",
        what=f"Publish {foreign}.",
        records=(f"{foreign} 300 IN TXT x",),
        nsupdate=(f"zone {foreign}.", "send"),
        file=file,
    )
    step = Step(
        n=1,
        who=f"dns {foreign}",
        title=f"Publish for {foreign}",
        do=(publish, Do(kind="switch", what="Reload.")),
        wait_s=7200,
        wait_because=f"Until {foreign} has expired.",
        check=f"mailpath dnssec {foreign} TXT",
        undo=(f"Withdraw {foreign}.",),
        phase="quick",
    )
    worse = Worse(state=foreign, postures=("rfc", "exim"), outcome="deferred", allowed="encrypted")
    return Plan(
        goal=Goal.REPAIR,
        recipient=foreign,
        at=0,
        result=Result.PLAN,
        reason=f"2 steps for {foreign}.",
        steps=(step, Step(n=2, who="provider of b", title="Ask", do=(), phase="right")),
        proof=Proof(states=9, postures=31, worse=(worse,), left_out=3),
        unsafe=(Unsafe(order=foreign, state=foreign, postures=("rfc",), outcome="deferred", for_s=0),),
        blocked=(Blocked(by=foreign, why=f"Ask {foreign}."),),
        cost={"rfc": "authenticated>encrypted", "exim": "authenticated>encrypted"},
        notes=(f"About {foreign}.",),
    )


#: In the order of every format.
PARTS = (
    "repair",
    "b.example",
    "1970-01-01 00:00 UTC",
    "2 steps for b.example.",
    "The quickest way out",
    "dns b.example",
    "Publish b.example.",
    "b.example 300 IN TXT x",
    "zone b.example.",
    "https://mta-sts.b.example/",
    "version: STSv1",
    "mx: b.example",
    "Reload.",
    "mailpath dnssec b.example TXT",
    "7200 s (2 hours). Until b.example has expired.",
    "Withdraw b.example.",
    "The right way",
    "All waits together: 2 hours.",
    "Ask b.example.",
    "authenticated becomes encrypted",
    "rfc and exim",
    "About b.example.",
)
ANYWHERE = (
    "9 states that senders can meet",
    "3 more mixtures of old and new were left out",
    "deferred, not encrypted: rfc and exim",
    "deferred by rfc until the next step is done",
)


def test_every_part_of_a_plan_is_told_in_every_format_in_one_order() -> None:
    plan = full("b.example")
    page = html.render(plan)
    for told in (text.render(plan, why=True, width=200), markdown.render(plan).replace("`", ""), page):
        places = [told.find(part, max(told.find("</style>"), 0)) for part in PARTS]
        assert -1 not in places, dict(zip(PARTS, places, strict=True))
        inner = PARTS.index("dns b.example")
        assert all(before < after for before, after in pairwise(places[inner:]))
        assert all(part in " ".join(told.split()) for part in ANYWHERE)
    assert markdown.render(plan).count("- [ ] ") == page.count('type="checkbox"') == 4
    assert markdown.render(plan).count("  ```text\n") == 4, "records, nsupdate, policy and check are copied"


def test_nothing_that_a_stranger_wrote_is_markup() -> None:
    plan = full(EVIL)
    page = Page(html.render(plan))
    assert page.open == []
    page.assert_self_contained()
    assert "script" not in {tag for tag, _ in page.elements}
    tokens = MarkdownIt("commonmark").enable("table").parse(markdown.render(plan))
    kinds = {each.type for token in tokens for each in (token, *(token.children or ()))}
    assert not kinds & {"html_block", "html_inline", "link_open", "image"}
    assert sum(token.type == "fence" for token in tokens) == 4
    loose = [child.content for token in tokens for child in token.children or () if child.type == "text"]
    assert not [each for each in loose if "@" in each or "#1" in each]
    for told in (html.render(plan), markdown.render(plan), text.render(plan, why=True)):
        assert "\x1b" not in told
        assert "\u202e" not in told


def test_what_is_not_there_has_no_heading() -> None:
    bare = Plan(goal=Goal.DANE, recipient="b.example", at=0, result=Result.ALREADY, reason="Nothing to do.")
    assert markdown.render(bare).count("\n#") == 0
    assert "<h2>Nothing to do.</h2>" in html.render(bare)
    assert html.render(bare).count("<h2") == 1
    assert text.render(bare, why=True).count("\n") == 2
