// The shapes of the drawings' API by short names, and a draft as the editor changes it.

import type { components } from "../api/room.js";

type Shapes = components["schemas"];
export type Summary = Shapes["DrawingSummary"];
export type Drawn = Shapes["DrawnShape"];
export type DrawnVersion = Shapes["DrawnVersionShape"];
export type Problem = Shapes["ProblemShape"];
export type Checked = Shapes["CheckedShape"];
export type Saved = Shapes["SavedShape"];
export type Technician = Shapes["TechnicianShape"];
export type TechnicianSignedOn = Shapes["TechnicianSignedOn"];
export type PreviewBegun = Shapes["PreviewBegun"];
export type Preview = Shapes["PreviewShape"];
export type WhatIf = Shapes["WhatIfShape"];
export type WhatIfResult = Shapes["WhatIfResultShape"];
export type WhatIfAlert = Shapes["WhatIfAlertShape"];

/** x and y in shares of the picture. */
export type Point = [number, number];

export interface DraftZone {
  name: string;
  polygon: Point[];
}
export interface DraftLine {
  name: string;
  points: Point[];
}
export interface DraftMask {
  polygon: Point[];
}
/** A rule with whatever keys its kind has; the program says which are wrong. */
export interface DraftRule {
  name: string;
  kind: string;
  [key: string]: unknown;
}
/** What is drawn on a camera's picture, as a technician changes it. */
export interface Draft {
  zone: DraftZone[];
  line: DraftLine[];
  mask: DraftMask[];
  rule: DraftRule[];
}
