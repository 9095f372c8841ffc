// The flags that are shown: those pressed on this page, with what the room's state knows of them, then the others.

import { word } from "../kit/texts.js";
import { FlagBook, type OwnFlag } from "./flag_book.js";
import type { FlagRow } from "./flag_list.js";
import type { RoomAlert } from "./shapes.js";

const MOST_SHOWN = 6;
const WITHDRAW_WITHIN_S = 10;
const WITHDRAWN = "withdrawn";
const STORED = "stored";

/** Return the rows, the newest first; `title` names a camera for people. */
export function flagRows(book: FlagBook, alerts: readonly RoomAlert[], title: (camera: string) => string): FlagRow[] {
  const known = new Map(alerts.filter((one) => one.source === "flag").map((one) => [one.alert_id, one]));
  const own = book.flags.map((flag, position) => ownRow(flag, position, book, known.get(flag.alertId), title));
  const mine = new Set(book.flags.map((flag) => flag.alertId));
  const others = [...known.values()].filter((one) => !mine.has(one.alert_id)).map((one) => otherRow(one, title));
  return [...own, ...others].sort((one, other) => other.at.getTime() - one.at.getTime()).slice(0, MOST_SHOWN);
}

function ownRow(
  flag: OwnFlag, position: number, book: FlagBook, known: RoomAlert | undefined, title: (camera: string) => string,
): FlagRow {
  const left = Math.ceil(WITHDRAW_WITHIN_S - (Date.now() - flag.pressedAt) / 1000);
  return {
    id: flag.alertId || `pressed-${flag.pressedAt}`,
    at: new Date(flag.pressedAt),
    camera: title(flag.camera),
    operator: known?.operator ?? "",
    phase: flag.phase,
    rung: known?.rung ?? STORED,
    outcome: outcomeText(known),
    category: flag.category,
    note: flag.note || (known?.note ?? ""),
    voiceMs: flag.voiceMs || (known?.voice_ms ?? 0),
    own: true,
    withdrawn: flag.withdrawn || known?.standing === WITHDRAWN,
    fault: flag.fault,
    withdrawS: position === 0 && book.mayWithdraw(flag) ? Math.max(0, left) : 0,
  };
}

function otherRow(alert: RoomAlert, title: (camera: string) => string): FlagRow {
  return {
    id: alert.alert_id,
    at: new Date(alert.raised_at),
    camera: alert.camera === null ? "" : title(alert.camera),
    operator: alert.operator,
    phase: "stored",
    rung: alert.rung,
    outcome: outcomeText(alert),
    category: alert.category,
    note: alert.note,
    voiceMs: alert.voice_ms,
    own: false,
    withdrawn: alert.standing === WITHDRAWN,
    fault: "",
    withdrawS: 0,
  };
}

/** What was found, else how the incident ended. */
function outcomeText(alert: RoomAlert | undefined): string {
  if (!alert?.progress) return "";
  const { outcome, incident_state } = alert.progress;
  return outcome === null ? word("state", incident_state) : word("outcome", outcome);
}
