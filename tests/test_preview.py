"""Every mail and page can be looked at, for every court and profile, without a network."""

from __future__ import annotations

from datetime import UTC, datetime
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from lxml import html

from mailbot.config import load
from mailbot.errors import ConfigError
from mailbot.preview import prove, render_all
from mailbot.samples.mails import samples
from mailbot.web import samples as pages
from mailbot.web.samples import template_of
from mailbot.wording import Wording, frame
from tests.outbound.standards import problems

NOW = datetime(2016, 2, 1, 15, 0, tzinfo=UTC)
CONFIG = load(Path(__file__).parents[1] / "config.toml", {})


def test_everything_is_written(tmp_path: Path) -> None:
    out = tmp_path / "deep" / "folder"
    written = render_all(out, CONFIG, NOW)
    assert set(written) == {path for path in out.rglob("*") if path.is_file()}
    for profile in ("default", "seed"):
        folder = out / "franklin" / profile
        mails = {path.name for path in (folder / "mail").iterdir()}
        assert mails == {f"{name}.{end}" for name in samples() for end in ("eml", "txt", "html")}
        web = {path.stem for path in (folder / "web").iterdir()}
        assert web == {*pages.samples(), "style"}
        for path in (folder / "mail").glob("*.eml"):
            assert problems(path.read_bytes()) == [], path
    assert "Please do not respond" in (out / "franklin/seed/mail/notice.txt").read_text()


def test_the_banner_is_looked_at_whether_or_not_it_is_up(tmp_path: Path) -> None:
    render_all(tmp_path, CONFIG, datetime(2026, 1, 1, tzinfo=UTC))
    for name in ("verify", "notice", "report"):
        for ending in ("txt", "html"):
            told = (tmp_path / f"franklin/seed/mail/{name}.{ending}").read_text()
            assert "Important Notice:" in told


def test_samples_are_like_what_is_sent(tmp_path: Path) -> None:
    """Confirmations answer to their request and carry its code; a notice's numbers add up."""
    render_all(tmp_path, CONFIG, NOW)
    for name in ("verify", "stop-ask"):
        content = (tmp_path / f"franklin/default/mail/{name}.eml").read_bytes()
        mail = message_from_bytes(content, policy=policy.default)
        assert str(mail["Reply-To"]).startswith("track+c-")
        told = (tmp_path / f"franklin/default/mail/{name}.txt").read_text()
        assert "?subject=CONFIRM%20K7M2Z-9QXD4\n" in told
    for name, facts in samples().items():
        if template_of(name) == "notice":
            _is_whole(facts)
        if template_of(name) == "not-understood":
            assert [each.line for each in facts["reasons"]] == facts["lines"]  # type: ignore[attr-defined]


def _is_whole(facts: Any) -> None:
    """Counted as the desk counts, in its order (G22)."""
    kinds = ["added", "updated", "removed"]
    shown = [(kinds.index(each["kind"]), each["filed_at"]) for each in facts["entries"]]
    assert shown == sorted(shown)
    assert sum(facts[kind] for kind in kinds) == len(shown) + facts["hidden_more"]
    if not facts["hidden_more"]:
        assert [sum(at == n for at, _ in shown) for n in range(3)] == [facts[k] for k in kinds]


def test_the_index_has_a_line_for_each(tmp_path: Path) -> None:
    written = render_all(tmp_path, CONFIG, NOW)
    page: Any = html.fromstring((tmp_path / "index.html").read_text())
    assert page.get("lang") == "en"
    assert page.xpath("//meta[@name='viewport']")
    lines = {
        title.text: {item.text: item.xpath("a/text()") for item in title.getnext()}
        for title in page.xpath("//h2")
    }
    assert lines["franklin/default/mail"]["notice+many: "] == ["HTML", "text", "source"]
    assert lines["franklin/seed/web"]["stop: "] == ["HTML"]
    linked = {tmp_path / unquote(href) for href in page.xpath("//li/a/@href")}
    assert linked == {path for path in written if path.name not in ("index.html", "style.css")}


def test_a_text_begins_with_its_subject(tmp_path: Path) -> None:
    render_all(tmp_path, CONFIG, NOW)
    lines = (tmp_path / "franklin/default/mail/help.txt").read_text().split("\n")
    assert lines[:3] == ["Subject: How to use Track This Case by e-mail", "-" * 72, ""]


def test_a_second_look_is_the_same(tmp_path: Path) -> None:
    first = [path.read_bytes() for path in render_all(tmp_path, CONFIG, NOW)]
    assert [path.read_bytes() for path in render_all(tmp_path, CONFIG, NOW)] == first


def test_templates_that_fail_are_all_named(tmp_path: Path) -> None:
    own = tmp_path / "courts" / "franklin" / "en"
    (own / "mail" / "help").mkdir(parents=True)
    (own / "web").mkdir()
    (own / "mail" / "help" / "subject.txt").write_text("{{ frame.court.nmae }}")
    (own / "mail" / "help" / "body.txt").write_text("ok")
    (own / "web" / "home.html").write_text("<p>\n{% fi %}")
    (own / "web" / "stop.html").write_text("{{ 1 + 'a' }}")
    with pytest.raises(ConfigError) as refused:
        prove(CONFIG, Wording(tmp_path), NOW)
    lines = sorted(str(each) for each in refused.value.args)
    assert len(lines) == 3
    assert "home.html:2: Encountered unknown tag 'fi'" in lines[0]
    assert "mail/help/subject.txt: 'dict object' has no attribute 'nmae'" in lines[1]
    assert "web/stop.html: unsupported operand" in lines[2]


def test_after_the_proof_no_file_is_read_again(tmp_path: Path) -> None:
    own = tmp_path / "en" / "mail" / "help"
    own.mkdir(parents=True)
    (own / "subject.txt").write_text("ours")
    wording = Wording(tmp_path)
    prove(CONFIG, wording, NOW)
    (own / "subject.txt").write_text("{% broken")
    facts = {**samples()["help"], "frame": frame(CONFIG, "franklin", NOW)}
    assert wording.mail("help", "en", "franklin", facts).subject == "ours"


def test_samples_name_nobody_real() -> None:
    """decisions.md 30."""
    text = repr(samples())
    assert "courts.mo.gov" not in text
    for address in text.split("@")[1:]:
        assert address.split("?")[0].split("'")[0].endswith((".example", ".test"))
