// Talking to the relay: fetch with the token, and the live feed that comes back by itself.

import type { components } from "../api/relay.js";

const API = "/api/v1";
const TOKEN_KEY = "patrol.token";
const UNAUTHORISED = 401;
const SILENT_AFTER_MS = 6000;
const WAITS_S = [1, 2, 4, 8, 10];
const PROTOCOL = "patrol.v1";
const PRINTABLE = /^[\x20-\x7e]+$/;

/** What the relay refused or could not do; `code` is its stable word, `message` its sentence. */
export class RelayFault extends Error {
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

/** Keep the token for this tab only. */
export function keepToken(token: string): void {
  sessionStorage.setItem(TOKEN_KEY, token);
}

/** Tell whether a token was entered in this tab. */
export function hasToken(): boolean {
  return sessionStorage.getItem(TOKEN_KEY) !== null;
}

function headersFor(accept: string): Record<string, string> {
  const headers: Record<string, string> = { accept };
  const token = sessionStorage.getItem(TOKEN_KEY);
  // A header carries ASCII only, so a token with anything else (an input method was on) cannot be right.
  if (token !== null && !PRINTABLE.test(token)) throw new RelayFault(UNAUTHORISED, "", "");
  if (token !== null) headers["authorization"] = `Bearer ${token}`;
  return headers;
}

/**
 * Return an address that a picture or player can show. With a token the content is fetched whole, for an element shows
 * no token; without one the browser asks for the pieces it needs.
 */
export async function mediaAddress(sha256: string): Promise<string> {
  const address = `${API}/media/${sha256}`;
  if (!hasToken()) return address;
  const answer = await fetch(address, { headers: headersFor("*/*") });
  if (!answer.ok) throw new RelayFault(answer.status, "", "");
  return URL.createObjectURL(await answer.blob());
}

/** Ask the API and return its JSON; throws RelayFault for an answer that is not it, TypeError without network. */
export async function ask<Answer>(path: string, body?: object): Promise<Answer> {
  const headers = headersFor("application/json");
  const options: RequestInit = { headers };
  if (body !== undefined) {
    options.method = "POST";
    options.body = JSON.stringify(body);
    headers["content-type"] = "application/json";
  }
  const answer = await fetch(API + path, options);
  const found = (await answer.json().catch(() => ({}))) as { code?: string; error?: string };
  if (!answer.ok) throw new RelayFault(answer.status, found.code ?? "", found.error ?? "");
  return found as Answer;
}

function base64url(text: string): string {
  const bytes = new TextEncoder().encode(text);
  const plain = btoa(String.fromCharCode(...bytes));
  return plain.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

type Shapes = components["schemas"];
export type Incident = Shapes["IncidentShape"];
export type Room = Shapes["RoomShape"];

/** The site's figures as the live feed gives them. */
export interface SiteFigures {
  clock: string;
  states: Partial<Record<string, { count: number; oldest_first_alert_at: string | null }>>;
  rooms: Partial<Record<string, number>>;
}

/** A message of the live feed: a snapshot is the whole truth, anything else what changed. */
export interface LiveMessage {
  kind: string;
  incidents?: Incident[];
  rooms?: Room[];
  site?: SiteFigures;
}

/** Whom the live feed tells what. */
export interface Follower {
  message(found: LiveMessage): void;
  up(): void;
  down(nextTryS: number): void;
  trying(): void;
  refused(): void;
}

/** Follow the live feed for ever. Each connection begins with a snapshot, so nothing is missed. */
export function follow(told: Follower): void {
  // -1 while connected: the first wait after a good connection is the shortest.
  let failures = -1;

  function connect(): void {
    const token = sessionStorage.getItem(TOKEN_KEY);
    const protocols = token === null ? [PROTOCOL] : [PROTOCOL, `bearer.${base64url(token)}`];
    const address = new URL(`${API}/live`, location.href);
    address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(address, protocols);
    let silence: ReturnType<typeof setTimeout> | undefined;
    let ended = false;
    let heard = false;

    // An open socket says nothing about the relay behind it: only messages do.
    const listen = (): void => {
      clearTimeout(silence);
      silence = setTimeout(end, SILENT_AFTER_MS);
    };
    const end = (): void => {
      if (ended) return;
      ended = true;
      clearTimeout(silence);
      socket.close();
      void again();
    };
    listen();
    socket.addEventListener("message", (event: MessageEvent<string>) => {
      if (ended) return;
      listen();
      if (!heard) {
        heard = true;
        failures = -1;
        told.up();
      }
      told.message(JSON.parse(event.data) as LiveMessage);
    });
    socket.addEventListener("close", end);
    socket.addEventListener("error", end);
  }

  /** Ask first: a browser does not say why a socket was refused, a plain question does. */
  async function attempt(): Promise<void> {
    told.trying();
    try {
      await ask("/incidents?limit=1");
    } catch (fault) {
      if (fault instanceof RelayFault && fault.needsToken) told.refused();
      else void again();
      return;
    }
    connect();
  }

  async function again(): Promise<void> {
    failures += 1;
    const waitS = WAITS_S[Math.min(failures, WAITS_S.length - 1)] ?? 1;
    told.down(waitS);
    await new Promise<unknown>((resolve) => {
      setTimeout(resolve, waitS * 1000);
      addEventListener("online", resolve, { once: true });
    });
    void attempt();
  }

  void attempt();
}
