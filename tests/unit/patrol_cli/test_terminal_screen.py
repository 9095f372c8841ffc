"""What a terminal prints: every notice for people, one stable object per line for machines."""

import json
from itertools import product

import pytest

from patrol_cli.terminal_screen import JsonScreen, PeopleScreen
from patrol_cli.terminal_session import Notice, Show, TerminalBook
from patrol_wire.ids import Step
from patrol_wire.messages import Command, CommandResult
from relay.ops.clock import MachineClock
from tests.support.field_desk import AT_US, new_id, view

OFFER = view(text="[red]东门[/] 闯入")
ASKED = Command(command_id=new_id(), dispatch_id=OFFER.dispatch_id, step=Step.ACCEPT, device_at=AT_US)
ANSWER = CommandResult(
    command_id=ASKED.command_id, result="taken_by_other", reason="unit-b [has] it", dispatch_state="recalled"
)
BOOK = TerminalBook(session=1, cursor=4)


def test_an_offer_says_what_where_why_and_how_old_and_no_text_is_taken_for_markup(
    capsys: pytest.CaptureFixture[str],
) -> None:
    screen = PeopleScreen(node="unit-a", clock=MachineClock(), simulated=True)
    screen.show(Show(notice=Notice.OFFER, view=OFFER, page=True), BOOK)
    shown = capsys.readouterr().out
    for part in (
        "入侵",
        "Intrusion",
        "[red]东门[/] 闯入",
        "31.23040, 121.47370",
        "own beat, 340 m",
        "SIMULATED",
        "紧急",
    ):
        assert part in shown, part
    screen.show(Show(notice=Notice.STEP_CONFIRMED, command=ASKED, result=ANSWER), BOOK)
    assert "accept → taken_by_other (unit-b [has] it)" in capsys.readouterr().out


@pytest.mark.parametrize(("notice", "full"), list(product(Notice, (True, False))))
def test_every_notice_is_one_line_of_json(notice: Notice, full: bool, capsys: pytest.CaptureFixture[str]) -> None:
    told = (
        Show(notice=notice, view=OFFER, command=ASKED, result=ANSWER, code="x", text="东")
        if full
        else Show(notice=notice)
    )
    JsonScreen(node="unit-a", clock=MachineClock(), simulated=False).show(told, BOOK)
    PeopleScreen(node="unit-a", clock=MachineClock(), simulated=False).show(told, BOOK)
    line = json.loads(capsys.readouterr().out.splitlines()[0])
    assert (line["what"], line["unit_id"], line["cursor"], line["simulated"]) == (notice, "unit-a", 4, False)
    assert ("dispatch_id" in line, "result" in line, "code" in line) == (full,) * 3
