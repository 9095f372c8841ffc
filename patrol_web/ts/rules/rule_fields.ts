// Which keys a rule of each kind has, as the room's file knows them, and how each is entered. Texts are the catalogue's.

/** How a key is entered and shown. */
export type Entry = "number" | "whole" | "choice" | "yes" | "words" | "lines" | "zones" | "zone" | "line" | "stages" | "name";

export interface Field {
  key: string;
  entry: Entry;
  /** What holds when nothing is entered. */
  usual: unknown;
  /** For `choice`: the words of the file. */
  choices?: readonly string[];
  step?: number;
}

export const KINDS = [
  "intrusion", "line_crossing", "loitering", "crowd", "wrong_way", "stopped_vehicle", "abandoned_object",
] as const;
const SEVERITIES = ["low", "normal", "high", "critical"];
const VEHICLES = ["car", "truck", "bus", "motorcycle", "moving_object"];
const LABELS: Record<string, string[]> = {
  wrong_way: VEHICLES,
  stopped_vehicle: VEHICLES,
  abandoned_object: ["backpack", "handbag", "suitcase", "still_object"],
};
const CATEGORIES: Record<string, string> = { wrong_way: "wrong_way", stopped_vehicle: "stopped_vehicle" };

const number = (key: string, usual: number, step = 0.5): Field => ({ key, entry: "number", usual, step });
const whole = (key: string, usual: number): Field => ({ key, entry: "whole", usual, step: 1 });
const OWN: Record<string, Field[]> = {
  intrusion: [],
  line_crossing: [
    { key: "direction", entry: "choice", usual: "both", choices: ["both", "left_to_right", "right_to_left"] },
    number("debounce_s", 0),
    number("beyond", 0.005, 0.005),
  ],
  loitering: [number("dwell_s", 20), number("grace_s", 2)],
  crowd: [whole("count", 5), number("density", 0, 0.05), number("hold_s", 3), number("grace_s", 2)],
  wrong_way: [number("distance", 2), number("tolerance_deg", 60, 5), number("speed", 0.3, 0.1)],
  stopped_vehicle: [number("stop_s", 30), number("grace_s", 5), whole("queue", 2)],
  abandoned_object: [
    number("unattended_s", 60),
    number("reach", 1.5, 0.1),
    { key: "needs_owner", entry: "yes", usual: true },
    { key: "owner_labels", entry: "words", usual: ["person", "moving_object"] },
    { key: "fixtures", entry: "zones", usual: [] },
  ],
};

/** Return the fields of a kind in the order of the form: what it is about, when it holds, how it is told. */
export function fieldsOf(kind: string): Field[] {
  const crosses = kind === "line_crossing";
  const about: Field[] = crosses
    ? [{ key: "line", entry: "line", usual: "" }]
    : [
        { key: "zone", entry: "zone", usual: "" },
        { key: "zones", entry: "zones", usual: [] },
      ];
  return [
    { key: "name", entry: "name", usual: "" },
    ...about,
    ...(OWN[kind] ?? []),
    { key: "labels", entry: "words", usual: LABELS[kind] ?? ["person", "moving_object"] },
    { key: "schedule", entry: "lines", usual: [] },
    number("min_height", 0, 0.01),
    number("max_height", 1, 0.01),
    number("min_area", 0, 0.001),
    number("max_area", 1, 0.001),
    whole("min_frames", 3),
    ...(crosses ? [] : [number("leave_margin", 0.01, 0.005)]),
    number("linger_s", 1),
    number("cool_down_s", 30, 1),
    { key: "severity", entry: "choice", usual: "normal", choices: SEVERITIES },
    { key: "category", entry: "name", usual: CATEGORIES[kind] ?? kind },
    { key: "forward", entry: "choice", usual: "suggest", choices: ["suggest", "direct"] },
    ...(crosses ? [] : [{ key: "stages", entry: "stages" as const, usual: [] }]),
  ];
}

/** Return a value as the form shows it. */
export function shown(field: Field, value: unknown): string {
  const found = value ?? field.usual;
  if (field.entry === "stages") {
    return (found as { after_s: number; severity: string }[]).map((one) => `${one.after_s} ${one.severity}`).join("\n");
  }
  if (field.entry === "lines") return (found as string[]).join("\n");
  if (field.entry === "words") return (found as string[]).join(", ");
  return String(found);
}

/** Tell whether a key may be left out, and something holds then that can be shown. */
export function mayBeEmpty(field: Field): boolean {
  switch (field.entry) {
    case "number":
    case "whole":
      return true;
    case "name":
    case "words":
      return (field.usual as string | string[]).length > 0;
    default:
      return false;
  }
}

/**
 * Return what was entered as the file writes it; undefined: nothing, and what is usual holds. What cannot be read stays
 * as it was typed, and the program says why.
 */
export function entered(field: Field, text: string): unknown {
  const pieces = (separator: RegExp): string[] =>
    text.split(separator).map((one) => one.trim()).filter((one) => one !== "");
  if (text.trim() === "" && mayBeEmpty(field)) return undefined;
  switch (field.entry) {
    case "number":
    case "whole":
      return Number.isFinite(Number(text)) ? Number(text) : text;
    case "words":
      return pieces(/[,\uff0c\s]+/u);
    case "lines":
      return pieces(/\n/u);
    case "stages":
      return pieces(/\n/u).map((line) => {
        const [after, severity] = line.split(/\s+/u);
        return { after_s: after !== undefined && Number.isFinite(Number(after)) ? Number(after) : after, severity: severity ?? "" };
      });
    default:
      return text;
  }
}
