"""The mail channel against a real SMTP server on loopback."""

from pathlib import Path

import pytest

from tests.support.channel_site import SECRET, ChannelSite
from tests.support.mail_server import MailServer
from tests.support.waiting import wait_until

FAST = "[channels]\nfirst_retry_s = 0.1\nlongest_retry_s = 0.2\n"


def officers(server: MailServer, extra: str = "") -> str:
    return (
        f'{FAST}[channels.mail.officers]\nhost = "127.0.0.1"\nport = {server.port}\n'
        f'sender = "Patrol <patrol@city.example>"\nto = ["duty@city.example", "deputy@city.example"]\n'
        f"per_s = 100.0\n{extra}\n"
    )


def test_a_mail_goes_by_starttls_with_a_log_in_and_says_what_happened(tmp_path: Path) -> None:
    with MailServer(tmp_path, tls=True, login=("patrol", SECRET)) as server:
        toml = officers(server, f'user = "patrol"\npassword_file = "{{secret}}"\nca_file = "{server.ca_file}"')
        with ChannelSite(tmp_path, tmp_path, toml) as site:
            site.alert(1)
            ((envelope, mail),) = server.wait(1)
            incident_id = site.only_incident()
            sent = site.wait_for("officers", "sent")  # a server has it; nobody says that anybody read it
    assert server.was_secure == [True]
    assert envelope.rcpt_tos == ["duty@city.example", "deputy@city.example"]
    assert mail["Subject"] == "【紧急】入侵，Area 0，gate"
    assert mail["From"] == "Patrol <patrol@city.example>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert incident_id in mail["References"]
    body = mail.get_body().get_content()  # type: ignore[attr-defined]  # of EmailMessage, by its policy
    assert f"事件编号：{incident_id}" in body
    assert "原因：raised by a rule" in body
    (attempt,) = sent["detail"]["attempts"]
    assert (attempt["verdict"], attempt["receipt"]) == ("accepted", mail["Message-ID"])


@pytest.mark.parametrize(
    ("reply", "state", "verdict"),
    [
        ("451 4.7.1 greylisted, come back", "sent", "refused_for_now"),
        ("554 5.7.1 looks like spam", "failed_permanent", "refused_for_good"),
    ],
)
def test_4xx_is_tried_again_and_5xx_is_for_good(tmp_path: Path, reply: str, state: str, verdict: str) -> None:
    with MailServer(tmp_path) as server:
        server.refuse = lambda number: reply if number == 1 else None
        with ChannelSite(tmp_path, tmp_path, officers(server, 'security = "none"')) as site:
            site.alert(1)
            found = site.wait_for("officers", state)
    first = found["detail"]["attempts"][0]
    assert first["verdict"] == verdict
    assert reply[10:] in first["reason"]
    if state == "sent":
        assert len(found["detail"]["attempts"]) == 2


def test_a_server_without_tls_gets_neither_mail_nor_password(tmp_path: Path) -> None:
    with MailServer(tmp_path, login=("patrol", SECRET)) as server:
        toml = officers(server, 'user = "patrol"\npassword_file = "{secret}"')
        with ChannelSite(tmp_path, tmp_path, toml) as site:
            site.alert(1)
            found = site.wait_for("officers", "failed_permanent")
    assert "STARTTLS" in found["detail"]["came_to"]
    assert server.asked == 0


def test_a_certificate_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    with MailServer(tmp_path, tls=True) as server, ChannelSite(tmp_path, tmp_path, officers(server)) as site:
        site.alert(1)
        found = site.wait_for("officers", "failed_permanent")
    assert "its certificate is not trusted" in found["detail"]["came_to"]


def test_no_server_is_tried_again_until_there_is_one(tmp_path: Path) -> None:
    with MailServer(tmp_path) as gone:
        toml = officers(gone, 'security = "none"')
    with ChannelSite(tmp_path, tmp_path, toml) as site:
        site.alert(1)
        wait_until(lambda: site.verdicts("officers"), within_s=5, what="an attempt was made")
        found = site.wait_for("officers", "failed_retryable")
    assert "Connection refused" in found["detail"]["came_to"]
