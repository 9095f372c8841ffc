"""Claims: that a rule's condition holds now for a subject. What every watch returns and ``alerts.py`` decides on.

Owns Claim, the protocol of a watch, and the questions that watches ask of a track.
"""

from dataclasses import dataclass
from typing import Protocol

from edge_agent.core.boxes import Box
from edge_agent.core.cool_down import Sighted
from edge_agent.core.observation import Observation
from edge_agent.core.rules import Rule
from edge_agent.core.tracks import Track


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A rule's condition holds now for a subject."""

    subject: int
    """Track id; 0 and below for a group or a thing that is no track. The watch decides how long it lives on."""
    thing: Sighted | None
    """The thing as it was last seen, None for a group."""
    seen: bool
    """Whether it was seen in this very picture."""
    label: str
    box: Box
    score: float
    """Best score a model gave it, 0 when none named it."""
    look: float
    """How sure the detector is in this very picture, 1 for a group."""
    place: str
    """Name of the zone or line."""
    since_s: float
    """When the condition began to hold."""
    held_s: float
    """When it was last seen to hold."""
    ready: bool
    """Whether it holds long enough, on a believed thing of the right label, to raise an alert."""
    momentary: bool = False
    """A deed, not a state: over as soon as it is told."""


class Watch(Protocol):
    """Judges one rule over time."""

    def observe(self, seen: Observation) -> list[Claim]:
        """Take what one picture shows; return what holds now."""
        ...

    def dismiss(self, subject: int) -> bool:
        """Take what a person says: this is nothing, now and as long as it is there. False: this kind cannot."""
        ...


class TrackWatch:
    """What watches about tracks share: there is nothing to dismiss, a track comes and goes."""

    def dismiss(self, subject: int) -> bool:
        """Return False: the next thing of its kind is another one."""
        return False


def claim_of(track: Track, *, place: str, since_s: float, held_s: float, ready: bool, momentary: bool = False) -> Claim:
    """Return the claim about a track that is alive."""
    return Claim(
        subject=track.track_id,
        thing=track,
        seen=track.seen_now,
        label=track.label,
        box=track.box,
        score=track.score,
        look=track.detection_score,
        place=place,
        since_s=since_s,
        held_s=held_s,
        ready=ready,
        momentary=momentary,
    )


def believed(rule: Rule, track: Track) -> bool:
    """Whether the track is sure to be something the rule is about."""
    return track.confirmed and track.label in rule.labels


def came(rule: Rule, track: Track) -> bool:
    """Whether it is believed and came from elsewhere: what stood there all along has not come in."""
    return track.confirmed and track.travelled and track.label in rule.labels


def is_placed(track: Track) -> bool:
    """Whether its last box tells where it is: a model named it, or it moved in that picture.

    What only differs from the background and does not move may be anything that changed there, and its box jumps:
    no rule about coming and going is met by that.
    """
    return track.score > 0.0 or track.detection_score > 0.0
