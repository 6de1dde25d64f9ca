"""TRACK, CONFIRM and NO, from a mail to a subscription (S48-S70, G8-G11, decisions.md 8-22)."""

from __future__ import annotations

from datetime import timedelta

from tests.world import FCC, World, templates

ANN, BEN = "ann@people.example", "ben@people.example"


def test_track_asks_for_a_confirmation_and_tracks_nothing_yet(world: World) -> None:
    world.mail(ANN, "TRACK 15AB-CR00015")
    (asked,) = world.leave()
    assert asked.row.template == "verify"
    assert asked.recipient == ANN
    assert "you signed up to track case number 15AB-CR00015" in asked.folded
    world.court.enter("15AB-CR00015", "Order", "while pending")
    assert world.sweep() == []  # S49


def test_a_bare_yes_from_the_address_confirms(world: World) -> None:
    tracking = world.follow(ANN, "15AB-CR00015")
    assert "You are now tracking case number 15AB-CR00015." in tracking.folded
    assert "Entry 2" in tracking.text  # G7: the last entries, so that one sees what exists


def test_the_mailto_link_confirms_from_another_address_of_the_person(world: World) -> None:
    world.mail(ANN, "TRACK 15AB-CR00015")
    (asked,) = world.leave()
    address, subject = asked.mailto("CONFIRM")
    world.mail("ann.private@relay.example", subject, "", to=address)
    assert templates(world.leave()) == ["tracking"]
    assert world.sent[-1].recipient == ANN


def test_a_bare_yes_from_a_stranger_confirms_nothing(world: World) -> None:
    world.mail(ANN, "TRACK 15AB-CR00015")
    (asked,) = world.leave()
    world.answer(asked, BEN, "yes")
    assert [(each.row.template, each.recipient) for each in world.leave()] == [
        ("link-problem", ANN)
    ]


def test_an_empty_answer_confirms_only_if_nothing_is_visible(world: World) -> None:
    world.mail(ANN, "TRACK 15AB-CR00015")
    (asked,) = world.leave()
    world.answer(asked, ANN, "please remove me")
    assert templates(world.leave()) == ["link-problem"]
    world.answer(asked, ANN, "")
    assert templates(world.leave()) == ["tracking"]


def test_the_typed_code_confirms_from_its_own_address_only(world: World) -> None:
    world.mail(ANN, "TRACK 15AB-CR00015")
    (asked,) = world.leave()
    code = asked.text.split("Code: ")[1].split()[0]
    world.mail(BEN, f"CONFIRM {code}")
    assert templates(world.leave()) == ["link-problem"]
    world.mail(ANN, f"confirm {code.lower()}")
    assert templates(world.leave()) == ["tracking"]


def test_the_sixth_code_after_five_wrong_ones_is_refused_even_if_right(world: World) -> None:
    world.mail(ANN, "TRACK 15AB-CR00015")
    (asked,) = world.leave()
    code = asked.text.split("Code: ")[1].split()[0]
    for wrong in "23456":
        world.mail(ANN, f"CONFIRM AAAA{wrong}-AAAAA")
    world.leave()
    world.mail(ANN, f"CONFIRM {code}")
    assert "tracking" not in templates(world.leave())
    world.wait(hours=1, minutes=1)
    world.mail(ANN, f"CONFIRM {code}")
    assert "tracking" in templates(world.leave())


def test_confirming_twice_says_the_same_and_changes_nothing(world: World) -> None:
    world.mail(ANN, "TRACK 15AB-CR00015")
    (asked,) = world.leave()
    world.answer(asked, ANN, "yes")
    (first,) = world.leave()
    before = world.counts()["subscription"]
    world.answer(asked, ANN, "yes")
    (second,) = world.leave()
    assert second.row.template == "tracking"
    assert first.folded.split("Code:")[0][:200] == second.folded.split("Code:")[0][:200]
    assert world.counts()["subscription"] == before


def test_the_same_mail_twice_acts_once(world: World) -> None:
    raw = world.raw(ANN, "TRACK 15AB-CR00015", "", "track@court.example")
    assert world.mail(ANN, raw=raw) == "done"
    assert world.mail(ANN, raw=raw) == "repeated"
    assert templates(world.leave()) == ["verify"]


def test_already_tracking_gets_no_second_verification(world: World) -> None:
    world.follow(ANN, "15AB-CR00015")
    world.wait(hours=1)
    world.mail(ANN, "TRACK 15ab cr 15")
    (said,) = world.leave()
    assert said.row.template == "already"  # S50, decisions.md 20
    assert "Code:" not in said.text
    world.mail(ANN, "TRACK 15AB-CR00015")
    assert world.leave() == []  # at most once a day and case


def test_unknown_and_sealed_get_one_identical_refusal(world: World) -> None:
    world.mail(ANN, "TRACK 15AB-JU00003")
    world.mail(BEN, "TRACK 15AB-JU00009")
    sealed, unknown = world.leave()
    assert sealed.row.template == unknown.row.template == "refused"
    assert (
        "Access Denied: case 15AB-JU00003 cannot be viewed with your access, or no case has that "
        "number." in sealed.folded
    )

    def plain(text: str) -> str:
        return text.replace("15AB-JU00003", "#").replace("15AB-JU00009", "#")

    cut = len("x" * 26)
    assert plain(sealed.text)[:400] == plain(unknown.text)[:400]
    assert len(sealed.raw) - len(unknown.raw) in range(-cut, cut)


def test_fine_collection_center_is_refused_with_the_exact_sentence(world: World) -> None:
    world.mail(ANN, "TRACK 15AB-TR00044")
    (refused,) = world.leave()
    assert FCC in refused.folded  # S35


def test_several_cases_are_asked_for_in_one_mail(world: World) -> None:
    world.mail(ANN, "", "TRACK 15AB-CR00015, 15AB-DR00010\nTRACK 000333666\n")
    (asked,) = world.leave()
    for number in ("15AB-CR00015", "15AB-DR00010", "000333666"):
        assert number in asked.text
    world.answer(asked, ANN, "yes")
    (tracking,) = world.leave()
    assert "000333666" in tracking.text


def test_profile_seed_asks_for_each_case_in_its_own_mail(seed: World) -> None:
    seed.mail(ANN, "", "TRACK 15AB-CR00015, 15AB-DR00010")
    assert templates(seed.leave()) == ["verify"]
    seed.wait(minutes=15)
    assert templates(seed.leave()) == ["verify"]


def test_what_was_mailed_never_grows(world: World) -> None:
    world.mail(ANN, "TRACK 15AB-CR00015")
    (first,) = world.leave()
    world.wait(minutes=1)
    world.mail(ANN, "TRACK 15AB-DR00010")
    world.wait(minutes=1)
    world.mail(ANN, "TRACK 000333666")
    assert world.leave() == []  # one confirmation in 15 minutes
    world.answer(first, ANN, "yes")
    (tracking,) = world.leave()
    assert "15AB-DR00010" not in tracking.text
    world.wait(minutes=14)
    (second,) = world.leave()
    assert "15AB-DR00010" in second.text
    assert "000333666" in second.text
    assert "15AB-CR00015" not in second.text


def test_track_again_while_pending_resends_the_same_request(world: World) -> None:
    world.mail(ANN, "TRACK 15AB-CR00015")
    (first,) = world.leave()
    world.mail(ANN, "TRACK 15AB-CR00015")
    assert world.leave() == []
    world.wait(minutes=15)
    (again,) = world.leave()
    assert again.reply_to == first.reply_to


def test_a_victim_gets_three_mails_about_one_case_and_ten_in_all(world: World) -> None:
    for number in range(1, 30):
        world.court.open_case(f"16AB-CR{number:05}", "ST V SOMEBODY")
    for minute in range(24 * 4):
        number = minute % 29 + 1
        world.mail("victim@people.example", "", f"TRACK 15AB-CR00015\nTRACK 16AB-CR{number:05}")
        world.leave()
        world.wait(minutes=15)
    assert len(world.sent) <= 10
    assert sum("15AB-CR00015" in each.text for each in world.sent) <= 3


def test_an_expired_request_is_answered_with_a_fresh_one(world: World) -> None:
    world.mail(ANN, "TRACK 15AB-CR00015")
    (asked,) = world.leave()
    world.wait(days=7)
    world.answer(asked, ANN, "yes")
    problem, fresh = sorted(world.leave(), key=lambda each: each.row.template)
    assert (problem.row.template, fresh.row.template) == ("link-problem", "verify")
    world.answer(fresh, ANN, "yes")
    assert "tracking" in templates(world.leave())


def test_no_declines_and_blocks_what_the_address_does_not_prove(world: World) -> None:
    world.mail(ANN, "TRACK 15AB-CR00015")
    (asked,) = world.leave()
    address, subject = asked.mailto("NO")
    world.mail(ANN, subject, "", to=address)
    (declined,) = world.leave()
    assert declined.row.template == "declined"
    world.wait(days=1)
    world.mail(ANN, "TRACK 15AB-DR00010")
    assert world.leave() == []  # decisions.md 27
    world.answer(asked, ANN, "yes")
    assert templates(world.leave()) == ["link-problem"]
    undo, word = declined.mailto("UNDO")
    world.mail(ANN, word, "", to=undo)
    assert templates(world.leave()) == ["restored"]
    world.answer(asked, ANN, "yes")
    assert templates(world.leave()) == ["tracking"]


def test_entries_between_track_and_confirm_follow_right_after_it(world: World) -> None:
    world.mail(ANN, "TRACK 15AB-CR00015")
    (asked,) = world.leave()
    world.court.enter("15AB-CR00015", "Order", "made while she thought about it")
    world.sweep()
    world.answer(asked, ANN, "yes")
    assert sorted(templates(world.leave())) == ["notice", "tracking"]  # G8
    assert "made while she thought about it" in world.sent[-1].text


def test_a_new_follower_is_told_nothing_that_was_there_before(world: World) -> None:
    world.follow(ANN, "15AB-CR00015")
    world.court.enter("15AB-CR00015", "Order", "seen by Ann")
    assert templates(world.sweep()) == ["notice"]
    world.follow(BEN, "15AB-CR00015")
    assert world.sweep() == []


def test_a_case_followed_again_after_a_long_time_begins_anew(world: World) -> None:
    tracking = world.follow(ANN, "15AB-CR00015")
    address, subject = tracking.mailto("STOP 15AB")
    world.mail(ANN, subject, "", to=address)
    world.leave()
    world.wait(days=40)
    world.court.enter("15AB-CR00015", "Order", "nobody was looking")
    world.follow(BEN, "15AB-CR00015")
    assert world.sweep() == []
    world.court.enter("15AB-CR00015", "Order", "now Ben is")
    assert templates(world.sweep()) == ["notice"]


def test_plus_tags_are_distinct_and_spelling_is_kept(world: World) -> None:
    world.follow("Ann@People.Example", "15AB-CR00015")
    world.mail("ann@people.example", "TRACK 15AB-CR00015")
    assert templates(world.leave()) == ["already"]
    world.mail("ann+court@people.example", "TRACK 15AB-CR00015")
    (asked,) = world.leave()
    assert asked.row.template == "verify"


def test_after_the_pilots_end_new_cases_are_refused(tmp_path, world: World) -> None:  # type: ignore[no-untyped-def]
    from tests.world import worlds

    folder = tmp_path / "closed"
    folder.mkdir()
    (closed,) = [next(worlds(folder, court_options="closes_on = 2026-03-02\n"))]
    closed.mail(ANN, "TRACK 15AB-CR00015")
    assert templates(closed.leave()) == ["refused"]
    closed.close()


def test_requests_last_seven_days_to_the_second(world: World) -> None:
    world.mail(ANN, "TRACK 15AB-CR00015")
    (asked,) = world.leave()
    world.now += timedelta(days=7, seconds=-1)
    world.answer(asked, ANN, "yes")
    assert "tracking" in templates(world.leave())
