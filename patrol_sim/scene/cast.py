"""Everybody who can be seen in a scene: the random movers and the actors of its acts. Pure."""

from typing import NamedTuple

from patrol_sim.scene.figure import Figure
from patrol_sim.scene.script import write_script
from patrol_sim.scene.settings import SceneSettings
from patrol_sim.scene.staging import stage_acts
from patrol_sim.scene.true_act import TrueAct


class Cast(NamedTuple):
    """The figures of a scene, each with a number of its own, and what is true of its acts."""

    figures: tuple[Figure, ...]
    acts: tuple[TrueAct, ...]


def cast_of(settings: SceneSettings) -> Cast:
    """Return the cast; raises SourceError for an act that does not fit into the loop."""
    movers = write_script(settings)
    staged = stage_acts(settings, first_number=len(movers))
    return Cast((*movers, *staged.actors), staged.acts)
