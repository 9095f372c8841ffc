"""Values of the drawings as the API shows them. Owns the shaping only."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from edge_agent.console.drawing_desk import Drawn
from edge_agent.console.drawing_previews import PreviewLook
from edge_agent.console.drawing_shapes import (
    DrawingSummary,
    DrawnShape,
    DrawnVersionShape,
    Edges,
    PreviewAlertShape,
    PreviewShape,
    PreviewStanding,
    PreviewThing,
    ProblemShape,
    WhatIfAlertShape,
    WhatIfResultShape,
    WhatIfRuleShape,
    WhatIfShape,
    WhatIfSideShape,
)
from edge_agent.console.routes import utc
from edge_agent.console.what_if_runs import WhatIfRun, WhatIfState
from edge_agent.core.boxes import Box
from edge_agent.core.what_if import RuleComparison, Side, ToldAlert
from edge_agent.detect.what_if_process import WhatIfResult
from edge_agent.settings.drawing import DrawingProblem, drawing_of
from edge_agent.settings.drawing_book import DrawnVersion


def summary(drawn: Drawn) -> DrawingSummary:
    """Return a camera's line of the list."""
    camera, newest = drawn.camera, drawn.newest
    return DrawingSummary(
        camera=camera.name,
        title=camera.title,
        version=drawn.version,
        author="" if newest is None else newest.author,
        changed_at=None if newest is None else utc(newest.at),
        file_changed=drawn.file_changed,
        zones=len(camera.zones),
        lines=len(camera.lines),
        masks=len(camera.masks),
        rules=len(camera.rules),
    )


def drawn_shape(drawn: Drawn, *, history: Sequence[DrawnVersion], labels: Sequence[str]) -> DrawnShape:
    """Return everything about one camera."""
    named = {label for rule in drawn.camera.rules for label in rule.labels}
    return DrawnShape(
        camera=drawn.camera.name,
        title=drawn.camera.title,
        version=drawn.version,
        drawing=drawing_of(drawn.camera),
        file_changed=drawn.file_changed,
        labels=sorted(named.union(labels)),
        history=[
            DrawnVersionShape(
                version=one.version,
                at=utc(one.at),
                author=one.author,
                reason=one.reason,
                act=one.act.value,
                restored=one.restored,
                masks_removed=one.masks_removed,
            )
            for one in history
        ],
    )


def problems(found: Sequence[DrawingProblem]) -> list[ProblemShape]:
    """Return what is wrong with a draft."""
    return [ProblemShape(path=list(one.path), code=one.code, text=one.text) for one in found]


def preview(look: PreviewLook, *, age_s: Callable[[int], float]) -> PreviewShape:
    """Return how a draft stands."""
    seen = look.seen
    return PreviewShape(
        at=None if seen is None else utc(seen.captured_at),
        age_s=None if seen is None else round(age_s(seen.captured_at), 2),
        things=[
            PreviewThing(
                number=track.track_id,
                label=track.label,
                score=round(track.score, 3),
                box=_edges(track.box),
                seen_now=track.seen_now,
                zones=list(look.zones.get(track.track_id, ())),
            )
            for track in look.tracks
        ],
        standings=[
            PreviewStanding(
                rule=one.rule,
                number=one.subject,
                is_told=one.is_told,
                for_s=round(max(0.0, one.held_s - one.since_s), 1),
            )
            for one in look.standings
        ],
        alerts=[
            PreviewAlertShape(
                rule=one.raised.rule,
                label=one.raised.label,
                zone=one.raised.zone,
                severity=one.raised.severity.value,
                at=utc(one.at_us),
                box=_edges(one.raised.box),
            )
            for one in look.alerts
        ],
        not_looked_for={rule: list(labels) for rule, labels in look.not_looked_for.items()},
        no_still=list(look.no_still),
    )


def unusable_what_if(found: Sequence[DrawingProblem]) -> WhatIfShape:
    """Return that nothing was compared, and why."""
    return WhatIfShape(
        run_id=None, state=WhatIfState.FAILED.value, share=0.0, fault="", problems=problems(found), result=None
    )


def what_if(run: WhatIfRun) -> WhatIfShape:
    """Return how a comparison stands."""
    return WhatIfShape(
        run_id=run.run_id,
        state=run.state.value,
        share=round(run.share, 3),
        fault=run.fault,
        problems=[],
        result=None if run.result is None else _result(run.result),
    )


def _result(result: WhatIfResult) -> WhatIfResultShape:
    return WhatIfResultShape(
        pictures=result.pictures,
        seen_s=round(result.seen_s, 1),
        since=None if result.from_us is None else utc(result.from_us),
        until=None if result.until_us is None else utc(result.until_us),
        rules=[_rule(rule) for rule in result.rules],
        before=[_alert(alert) for alert in result.before],
        after=[_alert(alert) for alert in result.after],
        not_looked_for={rule: list(labels) for rule, labels in result.not_looked_for.items()},
        no_still=list(result.no_still),
        is_cut=result.is_cut,
    )


def _rule(rule: RuleComparison) -> WhatIfRuleShape:
    return WhatIfRuleShape(
        rule=rule.rule,
        before=_side(rule.before),
        after=_side(rule.after),
        gone=[_alert(alert) for alert in rule.gone],
        new=[_alert(alert) for alert in rule.new],
    )


def _side(side: Side | None) -> WhatIfSideShape | None:
    if side is None:
        return None
    return WhatIfSideShape(alerts=side.alerts, per_day=None if side.per_day is None else round(side.per_day, 1))


def _alert(alert: ToldAlert) -> WhatIfAlertShape:
    return WhatIfAlertShape(
        rule=alert.rule,
        label=alert.label,
        zone=alert.zone,
        severity=alert.severity,
        stage=alert.stage,
        at=datetime.fromtimestamp(alert.start_s, tz=UTC),
        ended_at=datetime.fromtimestamp(alert.end_s, tz=UTC),
        box=None if alert.box is None else _edges(alert.box),
        still_told_by=list(alert.told_by),
    )


def _edges(box: Box) -> Edges:
    clipped = box.clip()
    return (round(clipped.left, 4), round(clipped.top, 4), round(clipped.right, 4), round(clipped.bottom, 4))
