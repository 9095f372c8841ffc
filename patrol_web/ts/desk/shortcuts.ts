// The keyboard: physical keys, so that an input method does not swallow them; off in fields, and switchable.

import { byId } from "../kit/dom.js";

const SWITCH_KEY = "patrol.shortcuts";
const OFF = "off";

const ENTER = "Enter";
/** What Enter presses by itself. */
const PRESSED = "button, a, summary, video";

/** Let physical keys act: `actions` by event.code. */
export function listen(actions: Record<string, () => void>): void {
  const dialog = byId<HTMLDialogElement>("keys");
  const enabled = byId<HTMLInputElement>("keys-enabled");
  enabled.checked = localStorage.getItem(SWITCH_KEY) !== OFF;
  enabled.addEventListener("change", () => localStorage.setItem(SWITCH_KEY, enabled.checked ? "on" : OFF));
  byId("keys-open").addEventListener("click", () => dialog.showModal());
  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.ctrlKey || event.altKey || event.metaKey || event.repeat) return;
    if (!enabled.checked || document.querySelector("dialog[open]") || (event.target as Element).closest("input, textarea, select")) return;
    if (event.code === ENTER && (event.target as Element).closest(PRESSED)) return;
    if (event.code === "Slash" && event.shiftKey) {
      event.preventDefault();
      dialog.showModal();
      return;
    }
    const action = event.shiftKey ? undefined : actions[event.code];
    if (action !== undefined) {
      event.preventDefault();
      action();
    }
  });
}
