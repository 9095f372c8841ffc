// What the duty desk asks of the relay, and the live feed it follows.

import type { components } from "../api/relay.js";
import { ask, shownAddress } from "../kit/api.js";
import { follow as followFeed, type Follower } from "../kit/following.js";

type Shapes = components["schemas"];
export type Incident = Shapes["IncidentShape"];
export type Room = Shapes["RoomShape"];

/** The site's figures as the live feed gives them. */
export interface SiteFigures {
  clock: string;
  states: Partial<Record<string, { count: number; oldest_first_alert_at: string | null }>>;
  rooms: Partial<Record<string, number>>;
  /** Why the relay can store nothing at the moment; empty: it can. */
  store_fault: string;
}

/** A message of the live feed: a snapshot is the whole truth, anything else what changed. */
export interface LiveMessage {
  kind: string;
  incidents?: Incident[];
  rooms?: Room[];
  site?: SiteFigures;
}

/** Return the address of a snapshot or clip. */
export function mediaAddress(sha256: string): Promise<string> {
  return shownAddress(`/media/${sha256}`);
}

/** Follow the live feed for ever. */
export function follow(told: Follower<LiveMessage>): void {
  followFeed("/live", () => ask("/incidents?limit=1"), told);
}
