// What a live picture may be called. Old video is never called live: the server judges the camera, this file judges
// also the way from there to the glass, and the worse of the two is shown.

/** The five states of a tile, and `loading` before its first picture. */
export type TileWord = "loading" | "live" | "delayed" | "stalled" | "reconnecting" | "off";

/** What the server said last of a picture. */
export interface ServerWord {
  state: Exclude<TileWord, "loading">;
  age_ms: number | null;
  attempt: number;
  next_try_ms: number | null;
  reason: string;
}

/** What a tile shows. */
export interface TileView {
  word: TileWord;
  /** How old the picture on the glass is; null while there is none, or while it is live. */
  ageMs: number | null;
  attempt: number;
  nextTryMs: number | null;
  reason: string;
  /** main, sub, transcoded or stills; empty before the stream began. */
  source: string;
  sourceReason: string;
  /** Pictures that were dropped because this page was too slow, lately. */
  lost: number;
}

/** What is measured of a tile now; times in milliseconds of one clock. */
export interface TileFacts {
  now: number;
  /** False while this page has no connection to the room's program for this picture. */
  connected: boolean;
  attempt: number;
  /** When the page tries again by itself. */
  nextTryAt: number | null;
  server: ServerWord | null;
  /** When `server` was heard. */
  heardAt: number;
  /** When the picture on the glass was taken, by the room's clock; null before the first. */
  shownTakenAt: number | null;
  /** Mean time between two pictures lately: a camera that sends one a second is not late in between. */
  everyMs: number;
}

/** So many of its intervals a picture may be old, as at the server. */
const SLOW_CAMERA = 2.5;
/** The way from the camera to the glass takes a quarter of a second; beyond this a picture is not live. */
export const DELAYED_AFTER_MS = 1200;

type Judged = Pick<TileView, "word" | "ageMs" | "attempt" | "nextTryMs" | "reason">;

/** Return how the tile stands. */
export function judge(facts: TileFacts): Judged {
  const ageMs = facts.shownTakenAt === null ? null : Math.max(0, facts.now - facts.shownTakenAt);
  if (!facts.connected) {
    const nextTryMs = facts.nextTryAt === null ? null : Math.max(0, facts.nextTryAt - facts.now);
    return { word: "reconnecting", ageMs, attempt: facts.attempt, nextTryMs, reason: "" };
  }
  const { server } = facts;
  if (server !== null && server.state !== "live" && server.state !== "delayed") {
    const since = facts.now - facts.heardAt;
    const nextTryMs = server.next_try_ms === null ? null : Math.max(0, server.next_try_ms - since);
    return { word: server.state, ageMs, attempt: server.attempt, nextTryMs, reason: server.reason };
  }
  const calm = { attempt: 0, nextTryMs: null, reason: server?.reason ?? "" };
  if (ageMs === null) return { word: "loading", ageMs: null, ...calm };
  if (ageMs > Math.max(DELAYED_AFTER_MS, SLOW_CAMERA * facts.everyMs)) return { word: "delayed", ageMs, ...calm };
  return { word: "live", ageMs: null, ...calm };
}
