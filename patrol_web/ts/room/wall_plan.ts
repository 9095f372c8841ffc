// Which cameras stand on the wall, which one is the spot, and where a tour goes next. Pure: the clock comes as a value.

import type { CameraSet } from "./shapes.js";

/** The wall's present arrangement. */
export interface WallPlan {
  readonly sets: readonly CameraSet[];
  readonly page: number;
  readonly spot: string;
  /** When the tour goes on, in milliseconds; null while there is none. */
  readonly tourAt: number | null;
}

/** Return the wall at the beginning: the first set, its first camera as the spot. */
export function firstPlan(sets: readonly CameraSet[]): WallPlan {
  return { sets, page: 0, spot: sets[0]?.cameras[0] ?? "", tourAt: null };
}

/** Return the set that is shown. */
export function shownSet(plan: WallPlan): CameraSet | undefined {
  return plan.sets[plan.page];
}

/** Show a camera as the spot: by hand, so a tour ends. */
export function pick(plan: WallPlan, camera: string): WallPlan {
  return { ...plan, spot: camera, tourAt: null };
}

/** Turn the page of sets; the spot stays what it is. */
export function turn(plan: WallPlan, by: 1 | -1): WallPlan {
  const count = plan.sets.length;
  return count === 0 ? plan : { ...plan, page: (plan.page + by + count) % count, tourAt: null };
}

/** Begin a tour, or end it. */
export function toggleTour(plan: WallPlan, now: number): WallPlan {
  return { ...plan, tourAt: plan.tourAt === null ? now + dwellMs(plan) : null };
}

/** Let time pass: a tour goes to the next camera, and after a set's last to the next set. */
export function tick(plan: WallPlan, now: number): WallPlan {
  const set = shownSet(plan);
  if (plan.tourAt === null || now < plan.tourAt || set === undefined) return plan;
  const next = set.cameras[set.cameras.indexOf(plan.spot) + 1];
  if (next !== undefined) return { ...plan, spot: next, tourAt: now + dwellMs(plan) };
  const page = (plan.page + 1) % plan.sets.length;
  const moved = { ...plan, page, spot: plan.sets[page]?.cameras[0] ?? plan.spot };
  return { ...moved, tourAt: now + dwellMs(moved) };
}

function dwellMs(plan: WallPlan): number {
  return (shownSet(plan)?.dwell_s ?? 10) * 1000;
}
