"""A relay's desk with its channel worker: the writer, the web and the worker on a real store, settings as in a file."""

from pathlib import Path
from types import TracebackType
from typing import Any

from relay.app.channel_parts import channel_rules, outlets, push_key, retry_policy
from relay.core.policy import DeskPolicy
from relay.notify.channel_worker import ChannelWorker
from relay.notify.push_message import public_text
from relay.settings.toml_file import parse_settings
from tests.support.desk_site import DeskSite
from tests.support.stores import StorePlace
from tests.support.waiting import wait_until

SECRET = "a-secret-of-both-sides"


class ChannelSite(DeskSite):
    """Use as a context manager. ``toml`` is what the relay's file says of its channels; ``{secret}`` names a file."""

    def __init__(
        self,
        place: StorePlace,
        folder: Path,
        toml: str,
        *,
        policy: DeskPolicy | None = None,
        city_folder: Path | None = None,
    ) -> None:
        (folder / "secret").write_text(SECRET, encoding="utf-8")
        text = toml.replace("{secret}", str(folder / "secret")).replace("{folder}", str(folder))
        self.settings = parse_settings(text, source="test.toml")
        key = push_key(self.settings)
        super().__init__(
            place,
            channels=channel_rules(self.settings),
            policy=policy,
            city_folder=city_folder,
            push_key=public_text(key) if key is not None else "",
            cap=self.settings.cap.enabled,
            push_hosts=self.settings.channels.push.hosts,
        )
        self.worker = self.new_worker()
        self.writer.on_commit(lambda changed: self.worker.hint() if changed.incidents else None)

    def new_worker(self) -> ChannelWorker:
        """Return a worker that is not started."""
        return ChannelWorker(
            outlets(self.settings, city=self.city, reader=self.reader, clock=self.clock),
            reader=self.reader,
            submit=self.writer.submit,
            cities=self.writer.cities,
            clock=self.clock,
            retry=retry_policy(self.settings),
        )

    def __enter__(self) -> "ChannelSite":
        super().__enter__()
        self.worker.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.worker.stop()
        super().__exit__(kind, error, trace)

    def only_incident(self) -> str:
        """Return the id of the one open incident."""
        (incident,) = self.client.get("/api/v1/incidents").json()["incidents"]
        return str(incident["incident_id"])

    def act(self, incident_id: str, act: str = "acknowledge", **fields: str) -> None:
        """Do something with an incident."""
        asked = {"act": act, "actor": "wang", **fields}
        answer = self.client.post(f"/api/v1/incidents/{incident_id}/acts", json=asked)
        assert answer.status_code == 200, answer.text

    def dispatches(self) -> list[dict[str, Any]]:
        """Return the dispatches offered last."""
        found: list[dict[str, Any]] = self.client.get("/api/v1/dispatches").json()["dispatches"]
        return found

    def timeline(self, incident_id: str = "") -> list[dict[str, Any]]:
        """Return an incident's timeline as the API shows it."""
        answer = self.client.get(f"/api/v1/incidents/{incident_id or self.only_incident()}")
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["timeline"]
        return found

    def sends(self, receiver: str, incident_id: str = "") -> list[dict[str, Any]]:
        """Return the notifications to a receiver (``""``: those that only tell the desk of a failure)."""
        return [
            entry
            for entry in self.timeline(incident_id)
            if entry["kind"] == "notification" and entry["detail"].get("receiver", "mailbox") == receiver
        ]

    def verdicts(self, receiver: str, incident_id: str = "") -> list[str]:
        """Return the verdicts of all attempts to a receiver, in order."""
        return [
            attempt["verdict"] for send in self.sends(receiver, incident_id) for attempt in send["detail"]["attempts"]
        ]

    def wait_for(self, receiver: str, state: str, *, incident_id: str = "", within_s: float = 5.0) -> dict[str, Any]:
        """Wait until the first notification to a receiver is in a state; return it."""
        incident_id = incident_id or self.only_incident()

        def look() -> dict[str, Any] | None:
            found = self.sends(receiver, incident_id)
            return found[0] if found and found[0]["change"] == state else None

        found = wait_until(look, within_s=within_s, what=f"the notification to {receiver!r} is {state}")
        assert found is not None
        return found
