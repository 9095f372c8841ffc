"""A simulated operator: judges suggestions after a human pause and presses a flag now and then, through the console.

Marked as simulated by its name in every record it makes.
"""

from dataclasses import dataclass, field
from typing import Any, Final

import httpx

OPERATOR: Final = "simulated-operator"
THINKS_S: Final = 2.0
"""How long a suggestion is looked at before it is judged."""
FIRST_FLAG_S: Final = 6.0
FLAG_EVERY_S: Final = 25.0


@dataclass(slots=True)
class SimulatedOperator:
    """The operator of one room. ``flags`` says whether this one presses flags of its own."""

    console_url: str
    camera: str
    flags: bool
    _seen_s: dict[str, float] = field(default_factory=dict)
    _next_flag_s: float = FIRST_FLAG_S

    def act(self, client: httpx.Client, state: dict[str, Any], elapsed_s: float) -> None:
        """Do what a person would do now, given the room's state; raises httpx.HTTPError when the console is away."""
        for alert in state["alerts"]:
            if alert["source"] == "machine" and alert["standing"] == "open":
                self._judge(client, alert, elapsed_s)
        if self.flags and elapsed_s >= self._next_flag_s:
            self._next_flag_s = elapsed_s + FLAG_EVERY_S
            pressed = {
                "camera": self.camera,
                "category": "disorder",
                "severity": "high",
                "operator": OPERATOR,
                "note": "模拟标记 simulated flag",
            }
            client.post(f"{self.console_url}/api/v1/flags", json=pressed).raise_for_status()

    def _judge(self, client: httpx.Client, alert: dict[str, Any], elapsed_s: float) -> None:
        alert_id = alert["alert_id"]
        since_s = self._seen_s.setdefault(alert_id, elapsed_s)
        if elapsed_s - since_s < THINKS_S:
            return
        verdict = {"verdict": "accepted", "operator": OPERATOR, "reason": "模拟研判 simulated judgement"}
        answer = client.post(f"{self.console_url}/api/v1/alerts/{alert_id}/judgement", json=verdict)
        if answer.status_code != httpx.codes.CONFLICT:  # judged meanwhile: nothing to do
            answer.raise_for_status()
