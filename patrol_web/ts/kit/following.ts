// Following a feed of messages for ever: it comes back by itself, and silence counts as loss.

import { ApiFault, openSocket } from "./api.js";

const SILENT_AFTER_MS = 6000;
const WAITS_S = [1, 2, 4, 8, 10];

/** Whom a feed tells what. */
export interface Follower<Message> {
  message(found: Message): void;
  up(): void;
  down(nextTryS: number): void;
  trying(): void;
  refused(): void;
}

/**
 * Follow the feed at `path`. Each connection begins with the whole truth, so nothing is missed. `allowed` asks first:
 * a browser does not say why a socket was refused, a plain question does.
 */
export function follow<Message>(path: string, allowed: () => Promise<unknown>, told: Follower<Message>): void {
  // -1 while connected: the first wait after a good connection is the shortest.
  let failures = -1;

  function connect(): void {
    const socket = openSocket(path);
    let silence: ReturnType<typeof setTimeout> | undefined;
    let ended = false;
    let heard = false;

    // An open socket says nothing about the program behind it: only messages do.
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
      told.message(JSON.parse(event.data) as Message);
    });
    socket.addEventListener("close", end);
    socket.addEventListener("error", end);
  }

  async function attempt(): Promise<void> {
    told.trying();
    try {
      await allowed();
    } catch (fault) {
      if (fault instanceof ApiFault && fault.needsToken) told.refused();
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
