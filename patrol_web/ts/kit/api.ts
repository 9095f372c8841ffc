// Talking to the program that served the page: fetch with the token, sockets with the token, faults in one form.

import { translated } from "./reasons.js";
import { t, word } from "./texts.js";

const API = "/api/v1";
const TOKEN_KEY = "patrol.token";
const UNAUTHORISED = 401;
const PROTOCOL = "patrol.v1";
const PRINTABLE = /^[\x20-\x7e]+$/;

/** What the program refused or could not do; `code` is its stable word, `message` its sentence. */
export class ApiFault extends Error {
  constructor(
    readonly httpCode: number,
    readonly code: string,
    message: string,
  ) {
    super(message);
  }

  /** True when only a token is missing or wrong. */
  get needsToken(): boolean {
    return this.httpCode === UNAUTHORISED;
  }
}

/** Return why something failed: the sentence's text, else the code's, else the program's own sentence, else the network. */
export function reasonOf(fault: unknown): string {
  if (!(fault instanceof ApiFault)) return t("error.network");
  if (fault.message === "") return t("error.server", { code: fault.httpCode });
  const known = translated(fault.message);
  if (known !== null) return known;
  const own = word("fault", fault.code);
  return own === fault.code ? fault.message : own;
}

/** Keep the token for this tab only. */
export function keepToken(token: string): void {
  sessionStorage.setItem(TOKEN_KEY, token);
}

/** Tell whether a token was entered in this tab. */
export function hasToken(): boolean {
  return sessionStorage.getItem(TOKEN_KEY) !== null;
}

function headersFor(accept?: string): Record<string, string> {
  const headers: Record<string, string> = accept === undefined ? {} : { accept };
  const token = sessionStorage.getItem(TOKEN_KEY);
  // A header carries ASCII only, so a token with anything else (an input method was on) cannot be right.
  if (token !== null && !PRINTABLE.test(token)) throw new ApiFault(UNAUTHORISED, "", "");
  if (token !== null) headers["authorization"] = `Bearer ${token}`;
  return headers;
}

/**
 * Return an address that a picture or player can show. With a token the content is fetched whole, for an element shows
 * no token; without one the browser asks for the pieces it needs.
 */
export async function shownAddress(path: string): Promise<string> {
  if (!hasToken()) return API + path;
  return fetchedAddress(path);
}

/** Fetch something whole and return the address of what was fetched; whoever shows it revokes it. */
export async function fetchedAddress(path: string): Promise<string> {
  const answer = await fetch(API + path, { headers: headersFor() });
  if (!answer.ok) throw await faultOf(answer);
  return URL.createObjectURL(await answer.blob());
}

/** Ask the API, with `more` headers, and return its JSON; throws ApiFault for an answer that is not it, TypeError without network. */
export async function ask<Answer>(
  path: string,
  body?: object,
  withinMs?: number,
  more: Record<string, string> = {},
): Promise<Answer> {
  const headers = { ...headersFor("application/json"), ...more };
  const options: RequestInit = { headers };
  if (body !== undefined) {
    options.method = "POST";
    options.body = JSON.stringify(body);
    headers["content-type"] = "application/json";
  }
  if (withinMs !== undefined) options.signal = AbortSignal.timeout(withinMs);
  const answer = await fetch(API + path, options);
  if (!answer.ok) throw await faultOf(answer);
  return (await answer.json()) as Answer;
}

/** Send content as it is, with its own type; answers and throws as `ask` does. */
export async function send<Answer>(path: string, content: Blob, withinMs: number): Promise<Answer> {
  const headers = headersFor("application/json");
  headers["content-type"] = content.type;
  const answer = await fetch(API + path, { method: "POST", headers, body: content, signal: AbortSignal.timeout(withinMs) });
  if (!answer.ok) throw await faultOf(answer);
  return (await answer.json()) as Answer;
}

async function faultOf(answer: Response): Promise<ApiFault> {
  const found = (await answer.json().catch(() => ({}))) as { code?: string; error?: string };
  return new ApiFault(answer.status, found.code ?? "", found.error ?? "");
}

/** Open a WebSocket of the API; a page can set no header there, so the token goes as a protocol. */
export function openSocket(path: string): WebSocket {
  const token = sessionStorage.getItem(TOKEN_KEY);
  const protocols = token === null ? [PROTOCOL] : [PROTOCOL, `bearer.${base64url(token)}`];
  const address = new URL(API + path, location.href);
  address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
  const socket = new WebSocket(address, protocols);
  socket.binaryType = "arraybuffer";
  return socket;
}

function base64url(text: string): string {
  const bytes = new TextEncoder().encode(text);
  const plain = btoa(String.fromCharCode(...bytes));
  return plain.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
