// The end of a duty officer's shift: all that one has goes to the next one, seen first, and back again if it was wrong.

import type { components } from "../api/relay.js";
import { ask, reasonOf } from "../kit/api.js";
import { byId, make, setText, showText } from "../kit/dom.js";
import { named, t, timeOfDay, word } from "../kit/texts.js";
import { commandId, whyNot } from "./acts.js";
import { sentence } from "./sentences.js";
import { read, type Watch } from "./watch.js";

type Shapes = components["schemas"];
type Preview = Shapes["HandOverPreview"];
type Done = Shapes["HandOverDone"];

const WAIT_MS = 250;
const SHOWN = 50;

/** What is asked of the relay. */
interface Order {
  from_owner: string;
  to_owner: string;
  reason: string;
  incident_ids: string[];
}

/** The dialog. */
export class HandOver {
  #dialog = byId<HTMLDialogElement>("hand-over-dialog");
  #from = byId<HTMLSelectElement>("hand-over-from");
  #to = byId<HTMLInputElement>("hand-over-to");
  #reason = byId<HTMLInputElement>("hand-over-reason");
  #note = byId("hand-over-note");
  #list = byId("hand-over-list");
  #fault = byId("hand-over-fault");
  #give = byId<HTMLButtonElement>("hand-over-give");
  #said = byId("hand-over-said");
  #undo = byId<HTMLButtonElement>("hand-over-undo");
  #names = new Map<string, string>();
  #preview: string[] = [];
  #last: Order | undefined;
  #turn = 0;

  /** `actor` is who acts; `done` is called when something was handed over. */
  constructor(
    readonly actor: () => string | null,
    readonly done: () => void,
  ) {
    this.#from.addEventListener("input", () => void this.#look());
    byId("hand-over-cancel").addEventListener("click", () => this.#dialog.close());
    byId<HTMLFormElement>("hand-over-form").addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#submit();
    });
    this.#undo.addEventListener("click", () => void this.#back());
  }

  /** Open it for whoever sits at this desk. */
  async open(): Promise<void> {
    const actor = this.actor();
    if (actor === null) return;
    this.#list.replaceChildren();
    this.#give.disabled = true;
    showText(this.#fault, "");
    this.#to.value = "";
    this.#reason.value = t("hand_over.reason_given");
    this.#dialog.showModal();
    showText(this.#note, t("hand_over.reading"));
    try {
      const { owners } = await read();
      const names = [...new Set([...owners.map(({ owner }) => owner), actor])].sort();
      this.#from.replaceChildren(...names.map((name) => make("option", { value: name }, name)));
      this.#from.value = actor;
      await this.#look();
      this.#to.focus();
    } catch (fault) {
      showText(this.#note, t("hand_over.no_preview", { reason: reasonOf(fault) }));
    }
  }

  /** Show what stands there to be handed over; only that can be. */
  async #look(): Promise<void> {
    this.#turn += 1;
    const mine = this.#turn;
    this.#give.disabled = true;
    await new Promise((resolve) => setTimeout(resolve, WAIT_MS));
    if (mine !== this.#turn) return;
    try {
      const found = await ask<Preview>(`/desk/hand-over?from_owner=${encodeURIComponent(this.#from.value)}`);
      if (mine === this.#turn) this.#show(found);
    } catch (fault) {
      if (mine === this.#turn) showText(this.#note, t("hand_over.no_preview", { reason: reasonOf(fault) }));
    }
  }

  #show({ incidents, more }: Preview): void {
    this.#preview = incidents.map(({ incident_id }) => incident_id);
    for (const each of incidents) this.#names.set(each.incident_id, nameOf(each));
    const lines = incidents.slice(0, SHOWN).map((each) => make("li", {}, make("span", { class: "chip" }, word("state", each.state)), nameOf(each)));
    if (incidents.length > SHOWN) lines.push(make("li", { class: "quiet" }, t("hand_over.more", { count: incidents.length - SHOWN })));
    this.#list.replaceChildren(...lines);
    const count = incidents.length;
    showText(this.#note, count === 0 ? t("hand_over.nothing") : t(more ? "hand_over.count_more" : "hand_over.count", { count }));
    this.#give.disabled = count === 0;
  }

  async #submit(): Promise<void> {
    if (this.#give.disabled) return;
    const order = { from_owner: this.#from.value, to_owner: this.#to.value.trim(), reason: this.#reason.value.trim(), incident_ids: this.#preview };
    if (order.from_owner === order.to_owner) return showText(this.#fault, t("hand_over.same"));
    this.#give.disabled = true;
    const fault = await this.#send(order);
    this.#give.disabled = false;
    showText(this.#fault, fault);
    if (fault === "") this.#dialog.close();
  }

  async #back(): Promise<void> {
    const last = this.#last;
    if (last === undefined) return;
    this.#undo.disabled = true;
    const fault = await this.#send({ ...last, from_owner: last.to_owner, to_owner: last.from_owner, reason: t("hand_over.undo_reason") });
    this.#undo.disabled = false;
    if (fault !== "") showText(this.#said, fault);
  }

  /** Return why nothing was done, or nothing: then it is said what became of each. */
  async #send(order: Order): Promise<string> {
    const actor = this.actor();
    if (actor === null) return t("desk.name_rule");
    try {
      this.#tell(order, await ask<Done>("/desk/hand-over", { ...order, actor, command_id: commandId() ?? null }));
      this.done();
      return "";
    } catch (fault) {
      return whyNot(fault);
    }
  }

  #tell(order: Order, { results }: Done): void {
    const given = results.filter(({ answer }) => answer === "done").map(({ incident_id }) => incident_id);
    this.#last = { ...order, incident_ids: given };
    this.#undo.hidden = given.length === 0;
    const { from_owner: giver, to_owner: taker } = order;
    const kept = results.filter(({ answer }) => answer !== "done");
    const lines = kept.map(({ incident_id, reason }) => make("li", {}, `${this.#names.get(incident_id) ?? incident_id}: ${sentence(reason)}`));
    this.#said.replaceChildren(
      make("span", {}, t("hand_over.done", { count: given.length, giver, taker })),
      kept.length > 0 ? make("ul", {}, ...lines) : "",
    );
    this.#said.hidden = false;
  }
}

function nameOf(each: Preview["incidents"][number]): string {
  const title = `${word("numeral", each.severity)} ${named(each.category_title)}`;
  return `${title} · ${named(each.area)} · ${timeOfDay(new Date(each.first_alert_at))}`;
}

/** Show who has what. */
export function showOwners({ owners }: Watch): void {
  const lines = owners.map(({ owner, open_incidents: count }) => make("li", {}, make("strong", {}, owner), t("hand_over.has", { count })));
  const place = byId("owners");
  const known = owners.map(({ owner, open_incidents: count }) => `${owner} ${count}`).join();
  if (place.dataset["known"] === known) return;
  place.dataset["known"] = known;
  place.replaceChildren(...lines);
  setText(byId("owners-note"), owners.length === 0 ? t("hand_over.nobody") : "");
  byId("owners-note").hidden = owners.length > 0;
}
