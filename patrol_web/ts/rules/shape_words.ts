// How shapes and their places are called.

import { t } from "../kit/texts.js";
import type { Part, ShapeRef } from "./draft.js";
import type { Draft } from "./shapes.js";

/** Return what kind of shape it is. */
export function partText(part: Part): string {
  return t(`part.${part}`);
}

/** Return the name of a shape: its own, its rule's, or its number. */
export function shapeName(draft: Draft, { part, at }: ShapeRef): string {
  if (part === "mask") return String(at + 1);
  return (part === "zone" ? draft.zone[at] : part === "line" ? draft.line[at] : draft.rule[at])?.name ?? "";
}

/** Return a share of the picture as people read it: per cent with a decimal. */
export function percent(share: number): string {
  return (share * 100).toFixed(1);
}
