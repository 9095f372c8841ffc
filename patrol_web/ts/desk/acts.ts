// What a person at the desk does to an incident: sent to the relay, and what became of it in words.

import type { components } from "../api/relay.js";
import { ApiFault, ask, reasonOf } from "../kit/api.js";
import { t, word } from "../kit/texts.js";
import { sentence } from "./sentences.js";

type Shapes = components["schemas"];
const CARRIED: string[] = ["done", "already_done"];

/** An act without who does it, which the desk knows. */
export type Act = Pick<Shapes["ActAsked"], "act"> & Partial<Shapes["ActAsked"]>;

/** What an incident can be named, and where it can lie. */
export type Choices = Shapes["DeskChoices"];

/** What became of an act. */
export interface ActResult {
  carried: boolean;
  text: string;
}

/** The desk that a row stands on: who acts there, and what else is open. */
export interface Desk {
  /** Return who acts; null when the name is missing, and then the field says so. */
  actor(): string | null;
  /** Return the other open incidents, those nearest in place and time first. */
  beside(incidentId: string): Shapes["IncidentShape"][];
  /** All kinds of incident and areas of the city; null while they have not been read. */
  readonly choices: Choices | null;
}

/** Return a new id for a command; undefined where the browser makes none (a page without TLS): the relay makes it then. */
export function commandId(): string | undefined {
  return crypto.randomUUID?.();
}

/** Carry out an act and return what became of it in words, `done` when it is durable. Never throws. */
export async function carryOut(incidentId: string, actor: string, act: Act, done: string): Promise<ActResult> {
  try {
    const body = { ...act, actor, command_id: commandId() ?? null };
    const { answer } = await ask<Shapes["ActDone"]>(`/incidents/${incidentId}/acts`, body);
    if (CARRIED.includes(answer)) return { carried: true, text: done };
    return { carried: false, text: t("act.refused", { reason: word("answer", answer) }) };
  } catch (fault) {
    return { carried: false, text: whyNot(fault) };
  }
}

/** Say why something was not done: refused by the relay with its reason, or not sent at all. */
export function whyNot(fault: unknown): string {
  const refused = fault instanceof ApiFault && fault.code === "refused";
  return refused ? t("act.refused", { reason: sentence(fault.message) }) : t("act.failed", { reason: reasonOf(fault) });
}
