"""The mail channel: one e-mail through the city's mail server (RFC 5321), by STARTTLS or TLS.

The server's 4xx passes and is tried again, its 5xx is for good. That it took the mail does not mean that anybody has
it: the notification stays ``sent``.
"""

import asyncio
import smtplib
import socket
import ssl
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import format_datetime, formataddr, parseaddr
from typing import Final, Literal

from relay.core.attempts import Answered, Verdict
from relay.core.notices import Notice, headline, text
from relay.notify.wall_time import utc_of

_TAKEN: Final = 250


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """Where mail is given in, and as whom."""

    host: str
    port: int
    security: Literal["starttls", "tls", "none"]
    user: str = ""
    password: str = ""
    ca_file: str = ""
    timeout_s: float = 10.0


class MailSender:
    """Sends to fixed addresses. Blocking calls run in threads of its own, so a slow server holds nobody else up."""

    def __init__(
        self, server: MailServer, *, sender: str, to: Sequence[str], language: str, at_once: int, name: str
    ) -> None:
        self._server = server
        self._sender = sender
        self._to = tuple(to)
        self._language = language
        self._threads = ThreadPoolExecutor(max_workers=at_once, thread_name_prefix=f"mail-{name}")

    async def send(self, notice: Notice) -> Answered:
        """Give one mail in; whatever the server says is the answer."""
        message = compose(notice, sender=self._sender, to=self._to, language=self._language)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._give_in, message)

    async def close(self) -> None:
        """End the threads; one that waits for a server ends with its time-out."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _give_in(self, message: EmailMessage) -> Answered:
        try:
            with self._connect() as server:
                if self._server.user:
                    server.login(self._server.user, self._server.password)
                refused = server.send_message(message)
                receipt = message["Message-ID"] or ""
        except smtplib.SMTPRecipientsRefused as error:
            return _of_code(*_first(error.recipients), what="every address")
        except smtplib.SMTPAuthenticationError as error:
            return _of_code(error.smtp_code, error.smtp_error, what="the log-in")
        except smtplib.SMTPResponseException as error:
            return _of_code(error.smtp_code, error.smtp_error, what="the mail")
        except smtplib.SMTPNotSupportedError as error:
            return Answered(verdict=Verdict.REFUSED_FOR_GOOD, reason=f"the server cannot do this ({error})")
        except ssl.SSLCertVerificationError as error:
            reason = f"its certificate is not trusted ({error.verify_message}); mend it, or set ca_file"
            return Answered(verdict=Verdict.REFUSED_FOR_GOOD, reason=reason)
        except TimeoutError:
            return Answered(verdict=Verdict.REFUSED_FOR_NOW, reason=f"silent for {self._server.timeout_s:g} s")
        except (smtplib.SMTPException, ssl.SSLError, socket.gaierror, OSError) as error:
            return Answered(verdict=Verdict.REFUSED_FOR_NOW, reason=f"no mail server ({error})"[:500])
        if refused:
            code, words = _first(refused)
            some = ", ".join(sorted(refused))
            reason = f"taken, but not for {some} ({code} {words.decode('utf-8', 'replace')})"
            return Answered(verdict=Verdict.ACCEPTED, reason=reason[:500], receipt=receipt)
        return Answered(verdict=Verdict.ACCEPTED, reason=f"{_TAKEN}: the server has it", receipt=receipt)

    def _connect(self) -> smtplib.SMTP:
        """Return a connection that is as secure as the configuration asks; never a plainer one."""
        wanted = self._server
        if wanted.security == "tls":
            return smtplib.SMTP_SSL(wanted.host, wanted.port, timeout=wanted.timeout_s, context=self._trust())
        server = smtplib.SMTP(wanted.host, wanted.port, timeout=wanted.timeout_s)
        if wanted.security == "starttls":
            try:
                server.starttls(context=self._trust())
            except BaseException:
                server.close()
                raise
        return server

    def _trust(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self._server.ca_file or None)


def compose(notice: Notice, *, sender: str, to: Sequence[str], language: str) -> EmailMessage:
    """Return the mail; the same notice has the same Message-ID, so that a mailbox shows a repeated one once."""
    message = EmailMessage()
    message["Subject"] = headline(notice, language)
    message["From"] = formataddr(parseaddr(sender))
    message["To"] = ", ".join(formataddr(parseaddr(each)) for each in to)
    message["Date"] = format_datetime(utc_of(notice.planned_us))
    domain = parseaddr(sender)[1].rpartition("@")[2] or "localhost"
    message["Message-ID"] = f"<{notice.key}@{domain}>"
    message["References"] = f"<{notice.incident.incident_id}@{domain}>"  # mails of one incident stand together
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers to it
    if notice.incident.severity.value in ("critical", "high"):
        message["Importance"] = "high"
    message.set_content(text(notice, language) + "\n")
    return message


def _of_code(code: int, words: bytes | str, *, what: str) -> Answered:
    said = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    verdict = Verdict.REFUSED_FOR_GOOD if 500 <= code < 600 else Verdict.REFUSED_FOR_NOW
    return Answered(verdict=verdict, reason=f"{code}: the server refused {what} ({' '.join(said.split())})"[:500])


def _first(refused: dict[str, tuple[int, bytes]]) -> tuple[int, bytes]:
    """Return the mildest refusal: while one address may still be taken, it is tried again."""
    return min(refused.values())
