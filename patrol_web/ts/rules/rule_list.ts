// The rules of a camera: each with the keys of the room's file, what is wrong with it beside the key.

import { html, nothing } from "lit";
import { customElement, property } from "lit/decorators.js";
import { live } from "lit/directives/live.js";
import { KitElement } from "../kit/element.js";
import { t, word } from "../kit/texts.js";
import { type Field, KINDS, entered, fieldsOf, mayBeEmpty, shown } from "./rule_fields.js";
import { problemText } from "./shape_list.js";
import type { Draft, DraftRule, Problem } from "./shapes.js";

/** What the list asks its page to do. */
export interface RuleActs {
  addRule(kind: string): void;
  removeRule(at: number): void;
  setRule(at: number, key: string, value: unknown): void;
  openRule(at: number): void;
}

/** A browser gives no text for a number it cannot read; this stands for it, so that it is not taken for an empty field. */
const UNREADABLE = "?";
/** The path of the stages of a rule; what is longer points at one of their lines. */
const STAGES_PATH = 3;

function choiceText(key: string, value: string): string {
  if (key === "direction") return word("direction", value);
  return key === "forward" ? word("forward", value) : word("severity", value);
}

/** Lists and long choices do not fit beside their name. */
function isWide(field: Field): boolean {
  return ["words", "lines", "stages"].includes(field.entry) || field.key === "forward";
}

/** Say what holds when nothing is entered, and how one gets back to it. */
function usualText(field: Field, value: unknown): string {
  const usual = shown(field, field.usual);
  return shown(field, value) === usual ? t("rules.usual") : t("rules.usual_is", { value: usual });
}

/** Say what is wrong with a field; of a line of the stages, what must stand in it. */
function fieldText(field: Field, found: Problem[]): string {
  if (field.entry !== "stages") return found.map(problemText).join(" ");
  const whole = found.filter((one) => one.path.length <= STAGES_PATH).map(problemText);
  const lines = [...new Set(found.filter((one) => one.path.length > STAGES_PATH).map((one) => Number(one.path[STAGES_PATH])))];
  return [...whole, ...lines.map((line) => t("rules.stage_line", { line: line + 1 }))].join(" ");
}

/** The list with one rule open at a time. */
@customElement("rule-list")
export class RuleList extends KitElement {
  @property({ attribute: false }) draft: Draft = { zone: [], line: [], mask: [], rule: [] };
  @property({ attribute: false }) problems: Problem[] = [];
  @property({ attribute: false }) labels: string[] = [];
  @property({ type: Number }) open = -1;
  @property({ type: Boolean }) editable = false;
  @property({ attribute: false }) acts: RuleActs | null = null;

  protected override render(): unknown {
    return html`<section class="rules" aria-label=${t("rules.rules")}>
      <h2>${t("rules.rules")}</h2>
      ${this.editable ? this.#adding() : nothing}
      ${this.draft.rule.length === 0 ? html`<p class="note">${t("rules.no_rules")}</p>` : nothing}
      <ul>
        ${this.draft.rule.map((rule, at) => this.#rule(rule, at))}
      </ul>
      <datalist id="known-labels">${this.labels.map((label) => html`<option value=${label}></option>`)}</datalist>
    </section>`;
  }

  #adding(): unknown {
    const add = (event: Event): void => {
      event.preventDefault();
      const kind = this.querySelector<HTMLSelectElement>("select[name=kind]")?.value ?? "intrusion";
      this.acts?.addRule(kind);
    };
    return html`<form class="choices" @submit=${add}>
      <label
        >${t("rules.kind")}
        <select name="kind">
          ${KINDS.map((kind) => html`<option value=${kind}>${t(`rule_kind.${kind}`)}</option>`)}
        </select></label
      >
      <button data-act="add-rule">${t("rules.add_rule")}</button>
    </form>`;
  }

  #rule(rule: DraftRule, at: number): unknown {
    const own = this.problems.filter((one) => one.path[0] === "rule" && one.path[1] === at);
    const open = this.open === at;
    return html`<li ?data-ill=${own.length > 0}>
      <button type="button" class="plain rule-pick" aria-expanded=${open} @click=${() => this.acts?.openRule(open ? -1 : at)}>
        <strong>${rule.name}</strong> ${word("rule_kind", rule.kind)}
        ${own.length > 0 ? html`<span class="alarm">${t("rules.wrong", { count: own.length })}</span>` : nothing}
      </button>
      ${open ? this.#form(rule, at, own) : nothing}
    </li>`;
  }

  #form(rule: DraftRule, at: number, problems: Problem[]): unknown {
    const fields = fieldsOf(rule.kind);
    const known = new Set(fields.map((field) => field.key));
    const loose = problems.filter((one) => !known.has(String(one.path[2])) && one.path[2] !== "way");
    return html`<fieldset ?disabled=${!this.editable}>
      <legend class="unseen">${rule.name}</legend>
      ${loose.map((one) => html`<p class="alarm">${problemText(one)} <code>${one.path.slice(2).join(".")}</code></p>`)}
      ${fields.map((field) => this.#field(field, rule, at, problems))}
      <button type="button" data-act="remove-rule" @click=${() => this.acts?.removeRule(at)}>${t("rules.remove_rule")}</button>
    </fieldset>`;
  }

  #field(field: Field, rule: DraftRule, at: number, problems: Problem[]): unknown {
    const found = problems.filter((one) => one.path[2] === field.key);
    const key = `rule-${at}-${field.key}`;
    const set = (value: unknown): void => this.acts?.setRule(at, field.key, value);
    return html`<div class="field" data-key=${field.key} ?data-wide=${isWide(field)}>
      <span>
        <label for=${key}>${t(`rule_field.${field.key}`)}</label>
        ${mayBeEmpty(field) ? html`<span class="quiet" id="${key}-usual">${usualText(field, rule[field.key])}</span>` : nothing}
      </span>
      ${this.#entry(field, rule, key, found.length > 0, set)}
      ${found.length === 0 ? nothing : html`<p class="alarm" id="${key}-wrong">${fieldText(field, found)}</p>`}
    </div>`;
  }

  #entry(field: Field, rule: DraftRule, key: string, wrong: boolean, set: (value: unknown) => void): unknown {
    const value = rule[field.key];
    const bad = wrong ? "true" : nothing;
    const told = [...(mayBeEmpty(field) ? [`${key}-usual`] : []), ...(wrong ? [`${key}-wrong`] : [])];
    const why = told.length > 0 ? told.join(" ") : nothing;
    const text = (event: Event): void => {
      const input = event.target as HTMLInputElement;
      set(entered(field, input.validity.badInput ? UNREADABLE : input.value));
      // An emptied field whose key was not set before changes nothing, and yet shows again what holds.
      this.requestUpdate();
    };
    switch (field.entry) {
      case "choice":
        return this.#select(key, bad, why, String(value ?? field.usual), field.choices ?? [], text, (one) =>
          choiceText(field.key, one),
        );
      case "zone":
        return this.#select(key, bad, why, String(value ?? ""), ["", ...this.draft.zone.map((one) => one.name)], (event) =>
          set((event.target as HTMLSelectElement).value || undefined),
        );
      case "line":
        return this.#select(key, bad, why, String(value ?? ""), this.draft.line.map((one) => one.name), text);
      case "yes":
        return html`<input
          type="checkbox"
          id=${key}
          .checked=${Boolean(value ?? field.usual)}
          @change=${(event: Event) => set((event.target as HTMLInputElement).checked)}
        />`;
      case "zones":
        return this.#zones(key, (value ?? []) as string[], set);
      case "lines":
      case "stages":
        return html`<textarea
          id=${key}
          rows="2"
          aria-invalid=${bad}
          aria-describedby=${why}
          placeholder=${t(`rule_hint.${field.entry}`)}
          .value=${shown(field, value)}
          @change=${text}
        ></textarea>`;
      case "number":
      case "whole":
        return html`<input
          id=${key}
          type="number"
          step=${field.step ?? "any"}
          aria-invalid=${bad}
          aria-describedby=${why}
          .value=${live(value === UNREADABLE ? "" : shown(field, value))}
          @change=${text}
        />`;
      default:
        return html`<input
          id=${key}
          list=${field.entry === "words" ? "known-labels" : nothing}
          aria-invalid=${bad}
          aria-describedby=${why}
          .value=${live(shown(field, value))}
          @change=${text}
        />`;
    }
  }

  #select(
    key: string,
    bad: unknown,
    why: unknown,
    value: string,
    choices: readonly string[],
    change: (event: Event) => void,
    words: (one: string) => string = (one) => one || t("rules.no_zone"),
  ): unknown {
    // What the rule names and nobody drew stays visible: it is what has to be mended.
    const all = choices.includes(value) ? choices : [value, ...choices];
    return html`<select id=${key} aria-invalid=${bad} aria-describedby=${why} @change=${change}>
      ${all.map((one) => html`<option value=${one} ?selected=${one === value}>${words(one)}</option>`)}
    </select>`;
  }

  #zones(key: string, chosen: string[], set: (value: unknown) => void): unknown {
    const names = [...new Set([...this.draft.zone.map((one) => one.name), ...chosen])];
    const change = (name: string, on: boolean): void => {
      const rest = chosen.filter((one) => one !== name);
      set(on ? [...rest, name] : rest);
    };
    return html`<span class="zones" id=${key}>
      ${names.length === 0 ? html`<span class="quiet">${t("rules.no_zone")}</span>` : nothing}
      ${names.map(
        (name) =>
          html`<label
            ><input
              type="checkbox"
              .checked=${chosen.includes(name)}
              @change=${(event: Event) => change(name, (event.target as HTMLInputElement).checked)}
            />${name}</label
          >`,
      )}
    </span>`;
  }
}
