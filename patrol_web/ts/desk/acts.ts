// What a person at the desk does to an incident: sent to the relay, and what became of it in words.

import type { components } from "../api/relay.js";
import { ApiFault, ask, reasonOf } from "../kit/api.js";
import { t } from "../kit/texts.js";
import { sentence } from "./sentences.js";

type Shapes = components["schemas"];
export type ActDone = Shapes["ActDone"];
/** An act without who does it, which the desk knows. */
export type Act = Pick<Shapes["ActAsked"], "act"> & Partial<Shapes["ActAsked"]>;

/** The desk that a row stands on: who acts there, and what else is open. */
export interface Desk {
  /** Return who acts; null when the name is missing, and then the field says so. */
  actor(): string | null;
  /** Return the other open incidents, those nearest in place and time first. */
  beside(incidentId: string): Shapes["IncidentShape"][];
}

/** Return a new id for a command; undefined where the browser makes none (a page without TLS): the relay makes it then. */
export function commandId(): string | undefined {
  return crypto.randomUUID?.();
}

/** Carry out an act; answered when it is durable. Throws what `whyNot` puts into words. */
export function carryOut(incidentId: string, actor: string, act: Act): Promise<ActDone> {
  return ask<ActDone>(`/incidents/${incidentId}/acts`, { ...act, actor, command_id: commandId() ?? null });
}

/** Say why something was not done: refused by the relay with its reason, or not sent at all. */
export function whyNot(fault: unknown): string {
  const refused = fault instanceof ApiFault && fault.code === "refused";
  return refused ? t("act.refused", { reason: sentence(fault.message) }) : t("act.failed", { reason: reasonOf(fault) });
}
