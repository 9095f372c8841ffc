// Who may change anything: the technician signed on in this tab. The token is known to this tab alone.

import { ApiFault, ask } from "../kit/api.js";
import type { Technician, TechnicianSignedOn } from "./shapes.js";

const KEY = "patrol.technician";
const HEADER = "x-technician";
const FORBIDDEN = 403;

/** Ask as the technician of this tab. */
export function askAs<Answer>(path: string, body?: object, withinMs?: number): Promise<Answer> {
  const token = sessionStorage.getItem(KEY);
  return ask<Answer>(path, body, withinMs, token === null ? {} : { [HEADER]: token });
}

/** Sign on; throws ApiFault when name and PIN do not fit. */
export async function signOn(name: string, pin: string): Promise<string> {
  const done = await ask<TechnicianSignedOn>("/technician/sign-on", { name, pin });
  sessionStorage.setItem(KEY, done.token);
  return done.name;
}

/** Sign off here and at the program; without a network here alone, where it ends by itself in half an hour. */
export async function signOff(): Promise<void> {
  try {
    await askAs("/technician/sign-off", {});
  } finally {
    sessionStorage.removeItem(KEY);
  }
}

/** Return who is signed on here, and whether anybody can be. */
export function readTechnician(): Promise<Technician> {
  return askAs<Technician>("/technician");
}

/** Tell whether something was refused because nobody is signed on any more. */
export function isSignedOff(fault: unknown): boolean {
  return fault instanceof ApiFault && fault.httpCode === FORBIDDEN;
}
