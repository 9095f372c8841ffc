// The keyboard: what can be done, with which physical keys, and where keys are letters and nothing more.

const KEPT_KEYS = "patrol.room.keys";
const KEPT_SWITCH = "patrol.shortcuts";
const OFF = "off";
const TWICE_WITHIN_MS = 400;

/** What a key can do, in the order of the list under `?`. */
export const ACTIONS = [
  "tile_1", "tile_2", "tile_3", "tile_4", "tile_5", "tile_6", "tile_7", "tile_8", "tile_9",
  "flag", "withdraw", "kind_1", "kind_2", "kind_3", "kind_4", "kind_5", "kind_6", "kind_7", "kind_8", "note", "voice",
  "suggestion_next", "suggestion_previous", "accept", "dismiss",
  "dismiss_1", "dismiss_2", "dismiss_3", "dismiss_4", "dismiss_5", "freeze", "back", "forward",
  "set_previous", "set_next", "tour", "watch", "round", "seen", "hand_over", "rested", "rest_later", "place", "flag_place", "sound", "wall", "help",
] as const;
export type Action = (typeof ACTIONS)[number];

/** Physical keys (UI Events KeyboardEvent code values); a keyboard without a keypad has Q W E / A S D / Z X C. */
const USUAL: Record<Action, string[]> = {
  tile_1: ["Numpad7", "KeyQ"], tile_2: ["Numpad8", "KeyW"], tile_3: ["Numpad9", "KeyE"],
  tile_4: ["Numpad4", "KeyA"], tile_5: ["Numpad5", "KeyS"], tile_6: ["Numpad6", "KeyD"],
  tile_7: ["Numpad1", "KeyZ"], tile_8: ["Numpad2", "KeyX"], tile_9: ["Numpad3", "KeyC"],
  flag: ["Space", "NumpadEnter"], withdraw: ["Backspace"],
  kind_1: ["Digit1"], kind_2: ["Digit2"], kind_3: ["Digit3"], kind_4: ["Digit4"],
  kind_5: ["Digit5"], kind_6: ["Digit6"], kind_7: ["Digit7"], kind_8: ["Digit8"],
  note: ["KeyM"], voice: ["KeyV"],
  suggestion_next: ["ArrowDown"], suggestion_previous: ["ArrowUp"], accept: ["Enter"], dismiss: ["Delete"],
  dismiss_1: ["Shift+Digit1"], dismiss_2: ["Shift+Digit2"], dismiss_3: ["Shift+Digit3"], dismiss_4: ["Shift+Digit4"],
  dismiss_5: ["Shift+Digit5"],
  freeze: ["KeyP"], back: ["ArrowLeft"], forward: ["ArrowRight"],
  set_previous: ["BracketLeft"], set_next: ["BracketRight"], tour: ["KeyT"],
  watch: ["KeyO"], round: ["KeyR"], seen: ["KeyN"], hand_over: ["KeyH"], rested: ["KeyB"], rest_later: ["KeyL"],
  place: ["KeyG"], flag_place: ["Shift+KeyG"], sound: ["KeyU"], wall: ["Escape"], help: ["Shift+Slash"],
};
/** Keys that a focused slider, and a focused button or link, need for themselves. */
const WORKS_SLIDERS = ["ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight"];
const WORKS_CONTROLS = ["Space", "Enter", "NumpadEnter"];
const SYMBOLS: Record<string, string> = {
  Space: "␣", BracketLeft: "[", BracketRight: "]", ArrowUp: "↑", ArrowDown: "↓", ArrowLeft: "←", ArrowRight: "→",
  "Shift+Slash": "?", Backspace: "⌫", Escape: "Esc", Enter: "⏎", Delete: "Del", NumpadEnter: "Num ⏎",
};

/** Return what stands on a key, for people. */
export function keyName(code: string): string {
  const known = SYMBOLS[code];
  if (known !== undefined) return known;
  return code.replace(/^Shift\+/, "⇧ ").replace(/Key|Digit/, "").replace("Numpad", "Num ");
}

/** Which keys do what; a change is kept on this machine. */
export class KeyMap {
  #own: Partial<Record<Action, string[]>>;
  enabled: boolean;

  constructor() {
    this.#own = JSON.parse(localStorage.getItem(KEPT_KEYS) ?? "{}") as Partial<Record<Action, string[]>>;
    this.enabled = localStorage.getItem(KEPT_SWITCH) !== OFF;
  }

  /** Return the keys of an action. */
  of(action: Action): string[] {
    return this.#own[action] ?? USUAL[action];
  }

  /** Return what a key does. */
  actionOf(code: string): Action | undefined {
    return ACTIONS.find((action) => this.of(action).includes(code));
  }

  /** Give an action one other key; returns the action that has this key already, and changes nothing then. */
  assign(action: Action, code: string): Action | null {
    const owner = this.actionOf(code);
    if (owner !== undefined && owner !== action) return owner;
    this.#own[action] = [code];
    localStorage.setItem(KEPT_KEYS, JSON.stringify(this.#own));
    return null;
  }

  /** Go back to the usual keys. */
  reset(): void {
    this.#own = {};
    localStorage.removeItem(KEPT_KEYS);
  }

  /** Switch all shortcuts on or off (WCAG 2.1.4). */
  switch(on: boolean): void {
    this.enabled = on;
    localStorage.setItem(KEPT_SWITCH, on ? "on" : OFF);
  }
}

/** Return the name of a pressed key as `KeyMap` knows it. */
export function codeOf(event: KeyboardEvent): string {
  return event.shiftKey ? `Shift+${event.code}` : event.code;
}

/**
 * Let keys act. Physical keys, so that it does not matter what an input method makes of them: with one active a letter
 * arrives as `Process`, and acts all the same unless a text field has the focus. `twice` tells a key pressed again
 * within 400 ms.
 */
export function listen(keys: KeyMap, act: (action: Action, twice: boolean) => void): void {
  let last = { code: "", at: 0 };
  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.ctrlKey || event.altKey || event.metaKey || event.repeat) return;
    const code = codeOf(event);
    if (!keys.enabled || isTaken(event.target, code)) return;
    const action = keys.actionOf(code);
    if (action === undefined) return;
    event.preventDefault();
    const twice = last.code === code && event.timeStamp - last.at < TWICE_WITHIN_MS;
    // A third press begins anew, so that hammering on a key does not flag again and again.
    last = { code: twice ? "" : code, at: event.timeStamp };
    act(action, twice);
  });
  // A button that was clicked would keep the focus, and the next space would press it again instead of flagging.
  document.addEventListener("click", (event) => {
    const control = event.target instanceof Element ? event.target.closest<HTMLElement>("button, summary, input[type=range]") : null;
    if (control !== null && event.detail > 0 && control.closest("dialog") === null) control.blur();
  });
}

function isTaken(target: EventTarget | null, code: string): boolean {
  if (document.querySelector("dialog[open]") !== null) return true;
  if (!(target instanceof Element)) return false;
  // What a closed dialog holds keeps the focus until the browser's next picture, which is late on a busy machine.
  if (target.closest("dialog:not([open])") !== null) return false;
  if (target.closest("input:not([type=checkbox]):not([type=range]), textarea, select, [contenteditable]") !== null) return true;
  if (WORKS_SLIDERS.includes(code) && target.closest("input[type=range]") !== null) return true;
  return WORKS_CONTROLS.includes(code) && target.closest("button, a[href], input, summary") !== null;
}
