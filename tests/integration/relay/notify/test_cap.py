"""What is published as CAP: the feed, each message, and an aggregator that gets them."""

from pathlib import Path
from xml.etree import ElementTree as ET

from relay.web.cap_routes import ATOM_TYPE, CAP_TYPE
from tests.support.cap_schema import CapMessage
from tests.support.channel_site import SECRET, ChannelSite
from tests.support.waiting import wait_until
from tests.support.web_receiver import WebReceiver

TOML = (
    "[channels]\nfirst_retry_s = 0.1\nlongest_retry_s = 0.2\n"
    '[cap]\nenabled = true\nsender = "patrol@city.example"\n'
    '[channels.cap.province]\nurl = "{url}"\nheader = "Authorization"\nheader_file = "{secret}"\n'
)
ATOM = "{http://www.w3.org/2005/Atom}"


def test_an_incident_is_published_updated_cancelled_and_posted(store_url: str, tmp_path: Path) -> None:
    with WebReceiver() as province, ChannelSite(store_url, tmp_path, TOML.replace("{url}", province.url)) as site:
        site.alert(1, area=2)  # nobody said that it is real: not published
        site.flag(2)
        (posted,) = province.wait(1)
        first = CapMessage(posted.body)
        assert first.said("msgType") == "Alert"
        assert (posted.headers["content-type"], posted.headers["authorization"]) == (CAP_TYPE, SECRET)
        incident_id = first.said("incidents")
        assert incident_id is not None
        site.act(incident_id, "acknowledge")
        site.act(incident_id, "cancel", reason="a rehearsal")
        wait_until(
            lambda: CapMessage(province.received[-1].body).said("msgType") == "Cancel",
            within_s=5,
            what="the newest message arrives",
        )
        last = CapMessage(province.received[-1].body)
        answer = site.client.get("/api/v1/cap")
        assert answer.headers["content-type"] == ATOM_TYPE
        entries = ET.fromstring(answer.content).findall(f"{ATOM}entry")  # noqa: S314  # of our own relay
        titles = [entry.findtext(f"{ATOM}title") or "" for entry in entries]
        assert [title.partition(" ")[0] for title in titles] == ["Cancel", "Update", "Alert"]
        paths = [link.attrib["href"] for entry in entries if (link := entry.find(f"{ATOM}link")) is not None]
        messages = [site.client.get(path) for path in paths]
        assert {each.headers["content-type"] for each in messages} == {CAP_TYPE}
        assert messages[0].content == province.received[-1].body
        assert messages[2].content == posted.body
        references = (last.said("references") or "").split()
        assert [each.split(",")[1] for each in references] == [
            CapMessage(each.content).said("identifier") for each in reversed(messages[1:])
        ]
        assert site.client.get(paths[0].replace(incident_id, "0" * 36)).status_code == 404
        line = next(entry for entry in site.timeline(incident_id) if entry["actor"] == "cap-feed")
        assert (line["change"], line["detail"]["channel"]) == ("sent", "cap")


def test_a_drill_says_exercise_and_a_relay_that_publishes_nothing_says_so(tmp_path: Path) -> None:
    toml = '[cap]\nenabled = true\nsender = "p@x"\nseverity = "low"\n'
    with ChannelSite(tmp_path, tmp_path, toml) as site:
        site.flag(1, category="drill")
        (link,) = ET.fromstring(site.client.get("/api/v1/cap").content).iter(f"{ATOM}link")  # noqa: S314
        assert CapMessage(site.client.get(link.attrib["href"]).content).said("status") == "Exercise"
    (tmp_path / "other").mkdir()
    with ChannelSite(tmp_path / "other", tmp_path, "") as site:
        assert site.client.get("/api/v1/cap").status_code == 404
