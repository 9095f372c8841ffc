"""Many at once in one zone: by their number, and by how much of the zone they would cover. Owns CrowdWatch.

Density is the sum of what the people would cover side by side, over the zone's area: their number times the median
area of their boxes. It needs no calibration, because the people are the measure: an upright person's box is about
0.7 m wide and, seen at 20 to 45 degrees from above, lies over 1 to 3 m² of ground. 0.25 is lively, 0.5 is close
together, 1 is shoulder to shoulder. Who stands behind others is not seen, so in a dense crowd it says too little.
"""

from collections import Counter
from collections.abc import Sequence
from statistics import median

from edge_agent.core.claims import Claim, TrackWatch, believed
from edge_agent.core.observation import Observation
from edge_agent.core.rules import Crowd
from edge_agent.core.tracks import Track
from edge_agent.core.zones import Zone

GROUP = 0
"""Subject of the claim about the group in the first zone, −1 in the second and so on; track ids begin at 1."""


class CrowdWatch(TrackWatch):
    """Judges a crowd, in each of the rule's zones for itself."""

    def __init__(self, rule: Crowd) -> None:
        self._groups = [_Group(rule, zone, subject=GROUP - number) for number, zone in enumerate(rule.zones)]

    def observe(self, seen: Observation) -> list[Claim]:
        """Count the believed tracks in each zone."""
        return [claim for group in self._groups for claim in group.observe(seen)]


class _Group:
    """The people in one zone."""

    def __init__(self, rule: Crowd, zone: Zone, *, subject: int) -> None:
        self._rule = rule
        self._zone = zone
        self._subject = subject
        self._inside: set[int] = set()
        self._since_s: float | None = None
        self._held_s = 0.0
        self._frames = 0
        self._last: Claim | None = None

    def observe(self, seen: Observation) -> list[Claim]:
        members = self._members(seen.tracks)
        if len(members) >= self._rule.count and self._dense_enough(members):
            if self._since_s is None:
                self._since_s, self._frames = seen.at_s, 0
            self._held_s = seen.at_s
            self._frames += 1
            self._last = self._told(members, self._since_s, seen.at_s)
        elif self._since_s is not None and seen.at_s - self._held_s > self._rule.grace_s:
            self._since_s = self._last = None
        return [self._last] if self._last is not None else []

    def _members(self, tracks: Sequence[Track]) -> list[Track]:
        inside: set[int] = set()
        for track in tracks:
            within = track.track_id in self._inside
            if track.seen_now:
                point = self._rule.anchor.of(track.box)
                if within:
                    within = self._zone.still_contains(point, self._rule.leave_margin)
                else:
                    within = self._zone.contains(point)
            if within:
                inside.add(track.track_id)
        self._inside = inside
        return [track for track in tracks if track.track_id in inside and believed(self._rule, track)]

    def _dense_enough(self, members: Sequence[Track]) -> bool:
        if self._rule.density <= 0.0:
            return True
        covered = len(members) * median(member.box.area for member in members)
        return covered >= self._rule.density * self._zone.area

    def _told(self, members: Sequence[Track], since_s: float, at_s: float) -> Claim:
        box = members[0].box
        for member in members[1:]:
            box = box.union(member.box)
        label, _ = Counter(member.label for member in members).most_common(1)[0]
        return Claim(
            subject=self._subject,
            thing=None,
            seen=True,
            label=label,
            box=box,
            score=max(member.score for member in members),
            look=1.0,
            place=self._zone.name,
            since_s=since_s,
            held_s=at_s,
            ready=at_s - since_s >= self._rule.hold_s and self._frames >= self._rule.min_frames,
        )
