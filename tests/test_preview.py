"""Every mail and page can be looked at, for every court and profile, without a network."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from mailbot.config import load
from mailbot.errors import ConfigError
from mailbot.preview import prove, render_all
from mailbot.samples import samples
from mailbot.web import samples as pages
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
