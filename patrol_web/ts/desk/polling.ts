// What no feed tells the page: asked again and again, one question at a time.

import { ask } from "../kit/api.js";

/** Ask `path` now and then every `everyMs`; `failed` is told when there is no answer. Returns a way to ask at once. */
export function poll<Answer>(path: string, everyMs: number, take: (found: Answer) => void, failed: (fault: unknown) => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let turn = 0;
  const look = async (): Promise<void> => {
    clearTimeout(timer);
    turn += 1;
    const mine = turn;
    try {
      const found = await ask<Answer>(path);
      if (mine === turn) take(found);
    } catch (fault) {
      if (mine === turn) failed(fault);
    }
    if (mine === turn) timer = setTimeout(() => void look(), everyMs);
  };
  return () => void look();
}
