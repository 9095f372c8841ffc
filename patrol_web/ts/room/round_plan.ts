// Which camera of a round comes next, and which set a page of the wall belongs to. Pure.

import type { RoundSet } from "./shapes.js";
import type { WallPlan } from "./wall_plan.js";

/** Return the set that a page of the wall shows; a set of more than nine has further pages with a number. */
export function setOfPage(sets: readonly RoundSet[], page: string): RoundSet | undefined {
  const first = page.replace(/-\d+$/, "");
  return sets.find((one) => one.name === page) ?? sets.find((one) => one.name === first);
}

/** Tell whether the next round of a set is due; `now` by the room's clock, in milliseconds. */
export function isDue(set: RoundSet, now: number): boolean {
  return set.round_due_at !== null && Date.parse(set.round_due_at) <= now;
}

/** Return the next camera after `after` that is still missing and was not passed by; a round goes around once. */
export function nextMissing(
  cameras: readonly string[],
  missing: readonly string[],
  after: string,
  passed: ReadonlySet<string>,
): string | undefined {
  const from = cameras.indexOf(after) + 1;
  const ahead = [...cameras.slice(from), ...cameras.slice(0, from)];
  return ahead.find((camera) => missing.includes(camera) && !passed.has(camera));
}

/** Return the wall with a camera of a round as the spot, on the page of the round's set that shows it. */
export function atCamera(plan: WallPlan, set: string, camera: string): WallPlan {
  const shows = plan.sets.map((one) => one.cameras.includes(camera));
  const own = plan.sets.findIndex((one, page) => shows[page] && (one.name === set || one.name.startsWith(`${set}-`)));
  const page = own >= 0 ? own : shows.indexOf(true);
  return { ...plan, page: page >= 0 ? page : plan.page, spot: camera, tourAt: null };
}

/** Return a share as whole per cent; what is not complete is never 100. */
export function perCent(share: number): number {
  return Math.floor(share * 100);
}
