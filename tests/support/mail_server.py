"""A real SMTP server on loopback: with TLS if wanted, refusing what the test says, keeping what it took."""

import asyncio
import ssl
from collections.abc import Callable
from email import message_from_bytes
from email.message import Message
from email.policy import default
from pathlib import Path
from types import TracebackType

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.support.certificates import self_signed
from tests.support.waiting import wait_until


class _Controller(Controller):
    """A controller whose port the system chooses."""

    def _trigger_server(self) -> None:
        """Make the first connection, which the original makes to the port it was given: 0."""
        assert isinstance(self.server, asyncio.Server)
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]  # of aiosmtpd


class MailServer:
    """Use as a context manager. ``refuse`` returns a reply instead of taking a mail, or None to take it."""

    def __init__(self, folder: Path, *, tls: bool = False, login: tuple[str, str] | None = None) -> None:
        self.refuse: Callable[[int], str | None] = lambda _number: None
        self.taken: list[tuple[Envelope, Message]] = []
        self.asked = 0
        self.was_secure: list[bool] = []
        self._login = login
        self.ca_file = folder / "mail-ca.pem"
        context = None
        if tls:
            key_file = self_signed(self.ca_file)
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self.ca_file, key_file)
        self._controller = _Controller(
            self,
            hostname="127.0.0.1",
            port=0,
            tls_context=context,
            require_starttls=tls,
            authenticator=self._check,
            auth_required=login is not None and tls,
            auth_require_tls=tls,
        )

    async def handle_DATA(self, _server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Called by the server for each mail."""
        self.asked += 1
        refusal = self.refuse(self.asked)
        if refusal is not None:
            return refusal
        self.was_secure.append(session.ssl is not None)
        content = envelope.content
        assert isinstance(content, bytes)
        self.taken.append((envelope, message_from_bytes(content, policy=default)))
        return "250 2.0.0 taken"

    def _check(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, given: object
    ) -> AuthResult:
        assert isinstance(given, LoginPassword)
        return AuthResult(success=(given.login.decode(), given.password.decode()) == self._login, handled=False)

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._controller.port)

    def wait(self, count: int, *, within_s: float = 5.0) -> list[tuple[Envelope, Message]]:
        """Wait until so many mails were taken; return all."""
        wait_until(lambda: len(self.taken) >= count, within_s=within_s, what=f"{count} mails are taken")
        return list(self.taken)

    def __enter__(self) -> "MailServer":
        self._controller.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._controller.stop()
