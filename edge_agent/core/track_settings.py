"""How readily tracks begin, live on, are believed and end. Owns TrackSettings; values only."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackSettings:
    """The choices of one camera's tracker."""

    begin_score: float = 0.3
    """A detection below it continues a track but never begins one."""
    match_overlap: float = 0.2
    """Least overlap of prediction and detection in the first stages."""
    match_grown: float = 0.5
    """Last stage: both boxes are widened by this share of their size on each side (C-BIoU): at five pictures a second
    small fast things do not overlap their own prediction."""
    match_grown_overlap: float = 0.2
    weak_overlap: float = 0.4
    """Least overlap with a weak detection: it is often half a thing."""
    weak_within_s: float = 2.0
    """A weak detection continues only what was seen so lately: over seconds it is any shadow."""
    fresh_s: float = 0.5
    """Tracks seen within so long choose before those that were lost: who reappears has no claim on who never left."""
    confirm_hits: int = 3
    """Pictures in which a thing must be seen before it is believed."""
    tentative_lost_after_s: float = 1.0
    lost_after_s: float = 3.0
    """What was known and is unseen for so long is over: a walk behind a parked van takes two to three seconds."""
    still_score: float = 0.6
    """What never travelled is believed when the model gives it this score on average. Errors about a moving thing are
    independent, those about a still one are the same error in every picture: a sign taken for a person at 0.5 stays a
    sign however often it is seen."""
    still_slack: float = 0.05
    """What was believed for its score is doubted again when the average sinks so far below ``still_score``: somebody
    who walks past a sign lends it a few good looks."""
    motion_travel: float = 0.5
    """A thing only motion sees is believed after it came this share of its own size from where it began: leaves and
    reflections tremble, things travel."""
    motion_only_after_s: float = 0.0
    """With a model: a thing counts as ``moving_object`` only after the model had so long to name it."""
    acceleration: float = 1.5
    """Unforeseen acceleration in own sizes per s² (standard deviation). More lets a prediction fly off while its thing
    is hidden, less loses cars that come nearer fast; both were seen at 2 and at 1."""
    measurement: float = 0.1
    """Jitter of detected boxes in own sizes (standard deviation)."""
    misfit: float = 5.0
    """A box that does not fit the size of its thing says little of where it is: half of it is hidden, or two are in one
    box. Its jitter grows by so many times the logarithm of the ratio of the sizes."""
    contested: float = 2.0
    """Factor on the jitter of a box that also covers somebody who is hidden now: it may be either's."""
