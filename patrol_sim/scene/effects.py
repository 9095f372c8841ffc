"""What disturbs a picture beside what moves: every effect by its name, and which of them act on a picture.

Wind is the one effect that acts on a thing of the street and not on the picture: ``trees`` draws it. To add an effect,
write a function as ``effect_moment.Effect`` says and enter it in the table.
"""

from collections.abc import Mapping
from typing import Final

import numpy as np

from patrol_sim.errors import SourceError
from patrol_sim.scene.camera_condition import black, covered, defocused, gain_noise, insects, moved, shake
from patrol_sim.scene.effect_moment import Effect, EffectMoment
from patrol_sim.scene.light import cloud_shadow, dusk, exposure_jump, headlights, lightning, night, sun_shadow
from patrol_sim.scene.passing_truck import truck
from patrol_sim.scene.settings import SceneSettings
from patrol_sim.scene.street import Picture
from patrol_sim.scene.trees import WIND
from patrol_sim.scene.weather import fog, rain, snow, water

EFFECTS: Final[Mapping[str, Effect]] = {
    "lightning": lightning,
    "exposure_jump": exposure_jump,
    "gain_noise": gain_noise,
    "rain": rain,
    "cloud_shadow": cloud_shadow,
    "sun_shadow": sun_shadow,
    "dusk": dusk,
    "night": night,
    "headlights": headlights,
    "snow": snow,
    "water": water,
    "insects": insects,
    "shake": shake,
    "fog": fog,
    "truck": truck,
    "black": black,
    "covered": covered,
    "defocused": defocused,
    "moved": moved,
}
MOST_STRENGTH: Final = 10.0


def apply_effects(picture: Picture, settings: SceneSettings, time_s: float, fresh: np.random.Generator) -> Picture:
    """Return the picture with every effect whose span holds ``time_s``, in the order of the spans."""
    for index, span in enumerate(settings.effects):
        if span.name in EFFECTS and span.at_s <= time_s < span.at_s + span.for_s:
            into_s = time_s - span.at_s
            moment = EffectMoment(
                over=into_s / span.for_s,
                into_s=into_s,
                for_s=span.for_s,
                strength=span.strength * span.ramped(into_s),
                fresh=fresh,
                lasting_seed=(settings.seed, index),
            )
            picture = EFFECTS[span.name](picture, moment)
    return picture


def check_effects(settings: SceneSettings) -> None:
    """Raise SourceError for an effect that does not exist or whose times or strength make no sense."""
    for span in settings.effects:
        if span.name not in EFFECTS and span.name != WIND:
            raise SourceError(f"scene effect {span.name!r}: there are {', '.join((*EFFECTS, WIND))}")
        if span.name == WIND and not settings.trees:
            raise SourceError(f"scene effect {span.name}: has nothing to move; give trees")
        if not (span.for_s > 0 and span.at_s >= 0):
            raise SourceError(f"scene effect {span.name}: at_s must not be negative and for_s must be above 0")
        if not 0.0 <= span.strength <= MOST_STRENGTH:
            raise SourceError(f"scene effect {span.name}: strength {span.strength}: give 0 to {MOST_STRENGTH:g}")
        if not 0.0 <= span.ramp_s <= span.for_s / 2:
            raise SourceError(f"scene effect {span.name}: ramp_s {span.ramp_s}: give 0 to half of for_s")
