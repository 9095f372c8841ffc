"""What a unit's terminal shows: panels and lines for people, or one JSON object per line for machines."""

import json
import sys
import tomllib
from functools import cache
from typing import Final

from rich.console import Console
from rich.markup import escape
from rich.panel import Panel

from patrol_cli.shipped import shipped
from patrol_cli.terminal_session import Notice, Show, TerminalBook
from patrol_wire.messages import DispatchView
from relay.ops.clock import Clock

_SEVERITIES: Final = {"critical": "特急", "high": "紧急", "normal": "一般", "low": "较低"}
_STYLES: Final = {"critical": "bold red", "high": "red", "normal": "yellow", "low": "blue"}
_STATES: Final = {
    "offered": "待接 offered",
    "accepted": "已接 accepted",
    "en_route": "途中 en route",
    "on_scene": "到场 on scene",
    "cleared": "已处置 cleared",
    "declined": "已拒绝 declined",
    "timed_out": "超时 timed out",
    "recalled": "已撤回 recalled",
    "handed_over": "已交接 handed over",
}
KEYS: Final = (
    "a 接受 accept · e 出发 en route · s 到场 on scene · c 处置 clear · d 拒绝 decline · "
    "k 报平安 check in · + 支援 assist · h 交接 hand over · n 下一单 next · q 退出 quit"
)


class PeopleScreen:
    """Prints what happens; nothing scrolls away behind a picture that is redrawn."""

    def __init__(self, *, node: str, clock: Clock, simulated: bool) -> None:
        self._console = Console(highlight=False)
        self._clock = clock
        self._mark = " [reverse] 模拟 SIMULATED [/]" if simulated else ""
        self._console.print(f"[bold]{escape(node)}[/]{self._mark}")

    def show(self, told: Show, book: TerminalBook) -> None:
        """Show one notice."""
        match told.notice:
            case Notice.LINKED:
                self._line("green", f"已连接 linked · {len(book.dispatches)} open · {len(book.pending)} waiting")
            case Notice.UNLINKED:
                self._line("yellow", f"连接中断 link lost, trying again {escape(told.text)}")
            case Notice.OFFER:
                self._offer(told)
            case Notice.DISPATCH:
                if told.view is not None:
                    self._line("cyan", f"{_name(told.view)}: {_STATES.get(told.view.state, told.view.state)}")
            case Notice.STEP_SENT:
                if told.command is not None:
                    self._line("dim", f"已记录 kept, sending: {told.command.step}{self._mark}")
            case Notice.STEP_CONFIRMED:
                if told.command is not None and told.result is not None:
                    style = "green" if told.result.result in ("done", "already_done") else "yellow"
                    reason = f" ({escape(told.result.reason)})" if told.result.reason else ""
                    self._line(style, f"中心已收 received: {told.command.step} → {told.result.result}{reason}")
            case Notice.REFUSED:
                self._line("red", f"{escape(told.code)}: {escape(told.text)}")

    def ask_outcome(self) -> None:
        """Ask how the unit found it."""
        self._line("bold", "结果 outcome: 1 属实 confirmed · 2 未发现 nothing found · 3 误报 false alarm")

    def hint(self, view: DispatchView | None) -> None:
        """Say which dispatch the keys act on."""
        chosen = f"{_name(view)}: {_STATES.get(view.state, view.state)}" if view is not None else "无派单 no dispatch"
        self._line("bold", f"{chosen} · {KEYS}")

    def _offer(self, told: Show) -> None:
        view = told.view
        if view is None:
            return
        now_us = self._clock.now_us()
        age_s, left_s = max(0, now_us - view.first_alert_at) / 1e6, max(0, view.answer_by - now_us) / 1e6
        lines = [
            f"[bold]{escape(view.text)}[/]" if view.text else "",
            f"地点 place  {view.place.lat:.5f}, {view.place.lon:.5f} · {escape(view.area_id)} · {escape(view.camera)}",
            f"原因 why you  {escape(view.reason)}",
            f"距今 age  {age_s:.0f} s · 答复 answer within {left_s:.0f} s",
        ]
        style = _STYLES.get(view.severity, "white")
        title = f"{'🔔 ' if told.page else ''}{_name(view)} · {_SEVERITIES.get(view.severity, '')} {view.severity}"
        self._console.print(
            Panel("\n".join(filter(None, lines)), title=title + self._mark, subtitle=KEYS, border_style=style)
        )
        if told.page and self._console.is_terminal:
            self._console.bell()

    def _line(self, style: str, text: str) -> None:
        self._console.print(f"[{style}]{text}[/]")


@cache
def _category_names() -> dict[str, str]:
    """Return ``zh en`` of each category that travels with the product; empty when it is not there."""
    try:
        tables = tomllib.loads((shipped("config") / "categories.toml").read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        return {}  # a terminal must show an offer whatever its own files are like: the id says it too
    return {
        name: f"{table.get('zh', '')} {table.get('en', name)}".strip()
        for name, table in tables.items()
        if isinstance(table, dict)
    }


def _name(view: DispatchView) -> str:
    return escape(_category_names().get(view.category, view.category))


class JsonScreen:
    """One JSON object per line: ``what``, ``at_us`` and the ids; stable for machines."""

    def __init__(self, *, node: str, clock: Clock, simulated: bool) -> None:
        self._node = node
        self._clock = clock
        self._simulated = simulated

    def show(self, told: Show, book: TerminalBook) -> None:
        """Print one notice."""
        line: dict[str, object] = {
            "what": told.notice.value,
            "at_us": self._clock.now_us(),
            "unit_id": self._node,
            "simulated": self._simulated,
            "cursor": book.cursor,
        }
        if told.view is not None:
            line |= {
                "dispatch_id": told.view.dispatch_id,
                "incident_id": told.view.incident_id,
                "state": told.view.state,
                "category": told.view.category,
                "severity": told.view.severity.value,
                "offered_us": told.view.offered_at,
                "page": told.page,
            }
        if told.command is not None:
            line |= {
                "command_id": told.command.command_id,
                "dispatch_id": told.command.dispatch_id,
                "step": told.command.step.value,
                "pressed_us": told.command.device_at,
                "outcome": told.command.outcome.value if told.command.outcome is not None else None,
            }
        if told.result is not None:
            line |= {
                "result": told.result.result,
                "reason": told.result.reason,
                "dispatch_state": told.result.dispatch_state,
            }
        if told.code:
            line |= {"code": told.code, "text": told.text}
        sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")
        sys.stdout.flush()

    def ask_outcome(self) -> None:
        """Nothing: machines give the outcome with the step."""

    def hint(self, view: DispatchView | None) -> None:
        """Nothing: machines know what they act on."""
