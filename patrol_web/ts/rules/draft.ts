// Changes of a draft. Pure: each takes a draft and returns another; nothing here knows of pages or of the program.

import type { Draft, DraftRule, Point } from "./shapes.js";

/** What can be drawn: an area that rules name, a line, a privacy mask, and the way of a wrong-way rule. */
export type Part = "zone" | "line" | "mask" | "way";

/** One shape of a draft. */
export interface ShapeRef {
  part: Part;
  /** Its place among those of its part; of a way, that of its rule. */
  at: number;
}

/** How many corners a shape may have. */
export const CORNERS: Record<Part, [least: number, most: number]> = {
  zone: [3, 64], line: [2, 2], mask: [3, 64], way: [2, 2],
};
const SQUARE: Point[] = [[0.3, 0.3], [0.7, 0.3], [0.7, 0.7], [0.3, 0.7]];
const UPRIGHT: Point[] = [[0.5, 0.3], [0.5, 0.7]];
const DECIMALS = 10_000;

/** Return the draft that begins with what is in force. */
export function draftOf(drawing: object): Draft {
  const found = structuredClone(drawing) as Partial<Draft>;
  return { zone: found.zone ?? [], line: found.line ?? [], mask: found.mask ?? [], rule: found.rule ?? [] };
}

/** Tell whether two drafts say the same. */
export function isSame(one: Draft, other: Draft): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** Return the corners of a shape; none where there is no such shape. */
export function cornersOf(draft: Draft, { part, at }: ShapeRef): Point[] {
  if (part === "way") return (draft.rule[at]?.["way"] as Point[] | undefined) ?? [];
  if (part === "line") return draft.line[at]?.points ?? [];
  return (part === "zone" ? draft.zone[at]?.polygon : draft.mask[at]?.polygon) ?? [];
}

/** Return every shape of a draft, in the order in which it is listed. */
export function shapesOf(draft: Draft): ShapeRef[] {
  const each = (part: Part, count: number): ShapeRef[] => Array.from({ length: count }, (_, at) => ({ part, at }));
  const ways = draft.rule.flatMap((rule, at) => (rule["way"] === undefined ? [] : [{ part: "way" as const, at }]));
  return [...each("zone", draft.zone.length), ...each("line", draft.line.length), ...each("mask", draft.mask.length), ...ways];
}

/** Tell whether a shape's last corner is joined to its first. */
export function isClosed(part: Part): boolean {
  return part === "zone" || part === "mask";
}

/** Give a shape other corners. */
export function withCorners(draft: Draft, { part, at }: ShapeRef, corners: Point[]): Draft {
  switch (part) {
    case "zone":
      return { ...draft, zone: replaced(draft.zone, at, (zone) => ({ ...zone, polygon: corners })) };
    case "line":
      return { ...draft, line: replaced(draft.line, at, (line) => ({ ...line, points: corners })) };
    case "mask":
      return { ...draft, mask: replaced(draft.mask, at, () => ({ polygon: corners })) };
    case "way":
      return { ...draft, rule: replaced(draft.rule, at, (rule) => ({ ...rule, way: corners })) };
  }
}

/** Put one corner elsewhere, inside the picture. */
export function moveCorner(draft: Draft, shape: ShapeRef, corner: number, to: Point): Draft {
  return withCorners(draft, shape, replaced(cornersOf(draft, shape), corner, () => inside(to)));
}

/** Put a corner half way to the next one; the draft stays as it is when there are as many as there may be. */
export function addCorner(draft: Draft, shape: ShapeRef, after: number): Draft {
  const corners = cornersOf(draft, shape);
  const [here, next] = [corners[after], corners[(after + 1) % corners.length]];
  if (here === undefined || next === undefined || corners.length >= CORNERS[shape.part][1]) return draft;
  const between = inside([(here[0] + next[0]) / 2, (here[1] + next[1]) / 2]);
  return withCorners(draft, shape, [...corners.slice(0, after + 1), between, ...corners.slice(after + 1)]);
}

/** Take one corner away; the draft stays as it is when there are as few as there may be. */
export function removeCorner(draft: Draft, shape: ShapeRef, corner: number): Draft {
  const corners = cornersOf(draft, shape);
  if (corners.length <= CORNERS[shape.part][0]) return draft;
  return withCorners(draft, shape, corners.filter((_, number) => number !== corner));
}

/** Add a shape with these corners, or one in the middle of the picture; return the draft and where the shape is. */
export function addShape(draft: Draft, part: Exclude<Part, "way">, corners?: Point[]): [Draft, ShapeRef] {
  const points = (corners ?? (part === "line" ? UPRIGHT : SQUARE)).map(inside);
  const at = draft[part].length;
  const shape = { part, at };
  switch (part) {
    case "zone":
      return [{ ...draft, zone: [...draft.zone, { name: freeName("zone", draft.zone), polygon: points }] }, shape];
    case "line":
      return [{ ...draft, line: [...draft.line, { name: freeName("line", draft.line), points }] }, shape];
    case "mask":
      return [{ ...draft, mask: [...draft.mask, { polygon: points }] }, shape];
  }
}

/** Take a shape away. Rules that named it keep the name: what is wrong then is told, not mended behind one's back. */
export function removeShape(draft: Draft, { part, at }: ShapeRef): Draft {
  const without = <One>(list: One[]): One[] => list.filter((_, number) => number !== at);
  switch (part) {
    case "zone":
      return { ...draft, zone: without(draft.zone) };
    case "line":
      return { ...draft, line: without(draft.line) };
    case "mask":
      return { ...draft, mask: without(draft.mask) };
    case "way":
      return draft;
  }
}

/** Give a zone or line another name; the rules that name it go along. */
export function renameShape(draft: Draft, { part, at }: ShapeRef, name: string): Draft {
  if (part === "zone") {
    const before = draft.zone[at]?.name;
    const zone = replaced(draft.zone, at, (one) => ({ ...one, name }));
    return { ...draft, zone, rule: draft.rule.map((rule) => renamedIn(rule, ["zone", "zones", "fixtures"], before, name)) };
  }
  if (part === "line") {
    const before = draft.line[at]?.name;
    const line = replaced(draft.line, at, (one) => ({ ...one, name }));
    return { ...draft, line, rule: draft.rule.map((rule) => renamedIn(rule, ["line"], before, name)) };
  }
  return draft;
}

function renamedIn(rule: DraftRule, keys: string[], before: string | undefined, name: string): DraftRule {
  const found = { ...rule };
  for (const key of keys) {
    const value = found[key];
    if (value === before) found[key] = name;
    else if (Array.isArray(value)) found[key] = value.map((one: unknown) => (one === before ? name : one));
  }
  return found;
}

/** Add a rule of a kind about the first shape that it can be about. */
export function addRule(draft: Draft, kind: string): Draft {
  const rule: DraftRule = { name: freeName(kind.replaceAll("_", "-"), draft.rule), kind };
  if (kind === "line_crossing") rule["line"] = draft.line[0]?.name ?? "";
  else rule["zone"] = draft.zone[0]?.name ?? "";
  if (kind === "wrong_way") rule["way"] = structuredClone(UPRIGHT);
  return { ...draft, rule: [...draft.rule, rule] };
}

/** Take a rule away. */
export function removeRule(draft: Draft, at: number): Draft {
  return { ...draft, rule: draft.rule.filter((_, number) => number !== at) };
}

/** Set one key of a rule; undefined leaves it to its default. */
export function setRule(draft: Draft, at: number, key: string, value: unknown): Draft {
  return {
    ...draft,
    rule: replaced(draft.rule, at, (rule) => {
      const found: DraftRule = { ...rule };
      if (value === undefined) delete found[key];
      else found[key] = value;
      return found;
    }),
  };
}

/** Return a point of the picture that is nearest, to a ten-thousandth of it. */
export function inside([x, y]: Point): Point {
  const held = (value: number): number => Math.round(Math.min(1, Math.max(0, value)) * DECIMALS) / DECIMALS;
  return [held(x), held(y)];
}

function freeName(stem: string, taken: readonly { name: string }[]): string {
  const names = new Set(taken.map((one) => one.name));
  let number = taken.length + 1;
  while (names.has(`${stem}-${number}`)) number += 1;
  return `${stem}-${number}`;
}

function replaced<One>(list: readonly One[], at: number, by: (one: One) => One): One[] {
  return list.map((one, number) => (number === at ? by(one) : one));
}
