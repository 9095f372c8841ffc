// The live page: puts the parts together and tells the truth about how fresh they are.

import { byId, make, setText, showText } from "./kit/dom.js";
import type { Choices } from "./desk/acts.js";
import { HandOver, showOwners } from "./desk/hand_over.js";
import { Queue } from "./desk/queue.js";
import { follow } from "./desk/relay.js";
import { hasToken, keepToken } from "./kit/api.js";
import type { Decision } from "./desk/decision.js";
import { poll } from "./desk/polling.js";
import { Rooms } from "./desk/rooms.js";
import type { LiveMessage, SiteFigures } from "./desk/relay.js";
import { listen } from "./desk/shortcuts.js";
import { SilenceForm } from "./desk/silence_form.js";
import { Names, Silences } from "./desk/silences.js";
import { watchRooms } from "./desk/rooms_watch.js";
import { watchBudget, watchDesk, watchRoster } from "./desk/watch.js";
import { loadTexts, named, roughAge, t, timeOfDay, word } from "./kit/texts.js";

const STATES = ["new", "acknowledged", "dispatched", "on_scene"];
const TICK_MS = 1000;
/** A city may be imported while the page is open. */
const CHOICES_EVERY_MS = 60_000;
const NAME_KEY = "patrol.desk";

await loadTexts();
const queue = new Queue(actor);
const rooms = new Rooms();
const names = new Names();
const silences = new Silences(actor, names, relayNow);
const silenceForm = new SilenceForm(actor, names, relayNow, () => {
  showText(byId("silences-said"), t("silences.set"));
  silences.read();
});
const readDesk = watchDesk(showOwners);
const handOver = new HandOver(actor, readDesk);
const watches = [watchBudget(), watchRoster(), watchRooms(), readDesk, () => silences.read(), poll<Choices>("/desk/choices", CHOICES_EVERY_MS, takeChoices, () => undefined)];
const link = byId("link");
const stale = byId("stale");
const deskName = byId<HTMLInputElement>("desk-name");
/** The relay's clock minus this machine's: ages must not depend on how the desk's clock is set. */
let clockOffset = 0;
let lastHeard = 0;
let downUntil = 0;
let site: SiteFigures | null = null;

/** Take all kinds and areas, so that no act or silence is limited to those of the incidents that are shown. */
function takeChoices(found: Choices): void {
  queue.choices = found;
  document.body.dataset["choices"] = "read";
  for (const each of found.areas) names.areas.set(each.area_id, named(each.title));
  for (const each of found.categories) names.categories.set(each.category, named(each.title));
}

function relayNow(): number {
  return Date.now() + clockOffset;
}

/** Return who acts, or null while the field has no fit name, and then it says so. */
function actor(): string | null {
  return deskName.reportValidity() ? deskName.value : null;
}

/** Do something with the incident that has the focus, unfolded. */
function decide(what: (decision: Decision, fresh: boolean) => void): void {
  const row = queue.focused();
  if (row === undefined) return;
  const { decision, fresh } = row.decide();
  what(decision, fresh);
}

/** Send the unit with a number; on a folded incident the number has not been seen, so it only unfolds. */
function choose(number: number): void {
  decide((decision, fresh) => {
    if (!fresh) decision.choose(number);
  });
}

const tiles = ["", ...STATES].map((state) => {
  const parts = { count: make("strong"), oldest: make("span", { class: "quiet" }) };
  const name = make("span", {}, state === "" ? t("filter.all") : word("state", state));
  const button = make("button", { type: "button", class: "filter", "data-state": state || "all" });
  button.append(parts.count, name, parts.oldest);
  button.addEventListener("click", () => filter(state === queue.only ? "" : state));
  byId("filters").append(button);
  return { state, button, ...parts };
});

function showFilters(): void {
  const counts: SiteFigures["states"] = site?.states ?? {};
  const total = STATES.reduce((sum, state) => sum + (counts[state]?.count ?? 0), 0);
  for (const tile of tiles) {
    const found = tile.state === "" ? { count: total, oldest_first_alert_at: null } : counts[tile.state];
    const oldest = found?.oldest_first_alert_at;
    tile.button.setAttribute("aria-pressed", String(queue.only === tile.state));
    setText(tile.count, site === null ? t("filter.none") : String(found?.count ?? 0));
    setText(tile.oldest, oldest ? t("filter.oldest", { age: roughAge(relayNow() - Date.parse(oldest)) }) : "");
  }
}

function filter(state: string): void {
  queue.filter(state);
  const address = new URL(location.href);
  if (state === "") address.searchParams.delete("state");
  else address.searchParams.set("state", state);
  history.replaceState(null, "", address);
  showFilters();
}

function showLink(state: "connecting" | "live" | "lost"): void {
  link.dataset["link"] = state;
  setText(link, t(`link.${state}`));
  document.body.dataset["link"] = state;
}

function showStale(): void {
  if (link.dataset["link"] === "live") {
    const fault = site?.store_fault ?? "";
    showText(stale, fault === "" ? "" : t("link.store_fault", { fault }));
    return;
  }
  if (lastHeard === 0) return;
  const next = Math.ceil((downUntil - Date.now()) / 1000);
  const time = timeOfDay(new Date(lastHeard));
  showText(stale, next > 0 ? t("link.stale_since", { time, next }) : t("link.retrying", { time }));
}

function tick(): void {
  const now = relayNow();
  // Frozen ages would look fresh; running ones are true even while the rest is stale.
  queue.tick(now);
  rooms.tick(now);
  setText(byId("clock"), timeOfDay(new Date(now)));
  showFilters();
  showStale();
}

function takeMessage(found: LiveMessage): void {
  lastHeard = relayNow();
  if (found.incidents) {
    if (found.kind === "snapshot") queue.replace(found.incidents);
    else queue.take(found.incidents);
  }
  for (const each of found.incidents ?? []) {
    names.areas.set(each.area_id, named(each.area));
    names.categories.set(each.category, named(each.category_title));
  }
  if (found.rooms) {
    rooms.replace(found.rooms);
    names.takeRooms(found.rooms);
  }
  if (found.site) {
    site = found.site;
    clockOffset = Date.parse(site.clock) - Date.now();
    lastHeard = relayNow();
    rooms.count(site.rooms);
  }
  tick();
}

function start(): void {
  follow({
    message: takeMessage,
    up: () => {
      showLink("live");
      for (const look of watches) look();
    },
    down: (nextTryS) => {
      downUntil = Date.now() + nextTryS * TICK_MS;
      showLink("lost");
      showStale();
      queue.fail(t("error.network"));
    },
    trying: () => {
      downUntil = 0;
      showStale();
    },
    refused: () => {
      byId("token-wrong").hidden = !hasToken();
      byId<HTMLDialogElement>("token").showModal();
    },
  });
}

byId("token-form").addEventListener("submit", () => {
  const field = byId<HTMLInputElement>("token-field");
  keepToken(field.value);
  field.value = "";
});
// Begin again only once the dialog is shut: a refusal may come at once and opens it anew.
byId("token").addEventListener("close", start);
byId("token").addEventListener("cancel", (event) => event.preventDefault());
deskName.value = localStorage.getItem(NAME_KEY) ?? deskName.value;
deskName.addEventListener("change", () => {
  if (deskName.checkValidity()) localStorage.setItem(NAME_KEY, deskName.value);
});
listen({
  KeyJ: () => queue.move(1),
  ArrowDown: () => queue.move(1),
  KeyK: () => queue.move(-1),
  ArrowUp: () => queue.move(-1),
  Enter: () => queue.focused()?.toggle(),
  KeyA: () => void queue.focused()?.acknowledge(),
  KeyD: () => decide((decision) => void decision.toUnits()),
  Digit1: () => choose(1),
  Digit2: () => choose(2),
  Digit3: () => choose(3),
  Digit4: () => choose(4),
  Digit5: () => choose(5),
  KeyR: () => decide((decision) => decision.recall()),
  KeyO: () => decide((decision) => decision.outcome()),
  KeyM: () => decide((decision) => decision.merge()),
  KeyT: () => decide((decision) => void decision.split()),
  KeyC: () => decide((decision) => decision.reclassify()),
  KeyV: () => decide((decision) => decision.move()),
  KeyU: () => decide((decision) => decision.undo()),
  KeyS: () => silenceForm.open(queue.focused()?.incident),
  KeyH: () => void handOver.open(),
});
byId("hand-over-open").addEventListener("click", () => void handOver.open());
byId("silence-open").addEventListener("click", () => silenceForm.open());
const wanted = new URL(location.href).searchParams.get("state");
if (wanted !== null && STATES.includes(wanted)) queue.only = wanted;
showLink("connecting");
showFilters();
setInterval(tick, TICK_MS);
start();
