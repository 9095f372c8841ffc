"""The terminal's state file: what was kept comes back, what cannot be trusted is refused."""

from pathlib import Path
from types import MappingProxyType

import pytest

from patrol_cli.terminal_session import Sending, TerminalBook
from patrol_cli.terminal_state import TerminalStateError, TerminalStateFile
from patrol_wire.ids import Outcome, Step
from patrol_wire.messages import Command
from tests.support.field_desk import AT_US, new_id, view


def test_cursor_dispatches_and_unanswered_commands_come_back(tmp_path: Path) -> None:
    offer = view()
    asked = Command(
        command_id=new_id(), dispatch_id=offer.dispatch_id, step=Step.CLEAR, device_at=AT_US, outcome=Outcome.CONFIRMED
    )
    book = TerminalBook(
        session=9,
        cursor=7,
        seen=6,
        dispatches=MappingProxyType({offer.dispatch_id: offer}),
        pending=(Sending(command=asked, last_sent_s=3.0),),
    )
    kept = TerminalStateFile(tmp_path / "state.json", node="unit-a")
    assert kept.load() == TerminalBook(session=0)
    kept.keep(book)
    loaded = kept.load()
    assert (loaded.cursor, loaded.seen, dict(loaded.dispatches)) == (7, 6, {offer.dispatch_id: offer})
    assert loaded.pending == (Sending(command=asked),), "due at once"
    with pytest.raises(TerminalStateError, match="is of 'unit-a'"):
        TerminalStateFile(tmp_path / "state.json", node="unit-b").load()


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b'{"version": 1}'])
def test_a_damaged_file_is_refused_with_the_way_out(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "state.json"
    path.write_bytes(content)
    with pytest.raises(TerminalStateError, match="move it away"):
        TerminalStateFile(path, node="unit-a").load()
    assert path.read_bytes() == content
