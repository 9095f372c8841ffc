// A question about one act, asked in place: what is meant, why, who is told of it. Nothing happens before it is confirmed.

import { make, setText } from "../kit/dom.js";
import { t } from "../kit/texts.js";

/** One of the things an act can be about. */
export interface Choice {
  value: string;
  text: string;
}

/** What is asked. */
export interface Question {
  title: string;
  /** Who is told when it is confirmed, and what follows. */
  told: string;
  choices: Choice[];
  /** Which are chosen at first; without it the first one, or none where several may be. */
  chosen?: string[];
  several?: boolean;
  /** Too many to lay out: one is picked from a list that the keyboard searches. */
  picked?: boolean;
  reason: string;
  reasonNeeded: boolean;
  confirm: string;
}

/** What was answered. */
export interface Reply {
  values: string[];
  reason: string;
}

const NEXT = ["KeyJ", "ArrowDown"];
const PREVIOUS = ["KeyK", "ArrowUp"];
const REASON_AT_MOST = 500;
let asked = 0;

/** Ask it in `place`; `done` tells whether it was carried out, and then the question is gone. `left` gets the focus back. */
export function askIn(place: HTMLElement, question: Question, done: (reply: Reply) => Promise<boolean>, left: () => void): void {
  asked += 1;
  const choices = question.picked ? [] : question.choices.map((choice) => choiceOf(choice, question));
  const inputs = choices.map(({ input }) => input);
  const picker = question.picked ? pickerOf(question) : null;
  const reason = make("input", { type: "text", maxlength: REASON_AT_MOST, required: question.reasonNeeded, value: question.reason });
  const confirm = make("button", { type: "submit", class: "act" }, question.confirm);
  const cancel = make("button", { type: "button" }, t("form.cancel"));
  const form = make(
    "form",
    { class: "act-form" },
    make(
      "fieldset",
      {},
      make("legend", {}, question.title),
      picker ?? make("ul", { class: "choices" }, ...choices.map(({ label }) => make("li", {}, label))),
      make("label", { class: "reason" }, make("span", {}, t(question.reasonNeeded ? "form.reason" : "form.note")), reason),
    ),
    make("p", { class: "quiet" }, question.told),
    make("div", { class: "line" }, confirm, cancel),
  );
  const close = (): void => {
    place.replaceChildren();
    left();
  };
  cancel.addEventListener("click", close);
  form.addEventListener("keydown", (event) => keyed(event, inputs, close));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const values = picker !== null ? [picker.value] : inputs.filter((input) => input.checked).map((input) => input.value);
    if (values.length === 0) return inputs[0]?.focus();
    confirm.disabled = true;
    void done({ values, reason: reason.value.trim() }).then((carried) => {
      confirm.disabled = false;
      if (carried) close();
    });
  });
  place.replaceChildren(form);
  (picker ?? inputs.find((input) => input.checked) ?? inputs[0] ?? reason).focus();
  form.scrollIntoView({ block: "nearest" });
}

function pickerOf(question: Question): HTMLSelectElement {
  const picker = make("select", { class: "picker", "aria-label": question.title });
  picker.append(...question.choices.map(({ value, text }) => make("option", { value }, text)));
  picker.value = question.chosen?.[0] ?? question.choices[0]?.value ?? "";
  return picker;
}

function choiceOf(choice: Choice, question: Question): { input: HTMLInputElement; label: HTMLLabelElement } {
  const first = question.several ? undefined : question.choices[0]?.value;
  const input = make("input", {
    type: question.several ? "checkbox" : "radio",
    name: `choice-${asked}`,
    value: choice.value,
    checked: (question.chosen ?? [first]).includes(choice.value),
  });
  const text = make("span");
  setText(text, choice.text);
  return { input, label: make("label", {}, input, text) };
}

/** J and K move among the choices, as they do in the queue; no key reaches the queue from here. */
function keyed(event: KeyboardEvent, inputs: HTMLInputElement[], close: () => void): void {
  event.stopPropagation();
  if (event.isComposing) return;
  if (event.code === "Escape") {
    event.preventDefault();
    close();
    return;
  }
  const at = inputs.indexOf(event.target as HTMLInputElement);
  const by = NEXT.includes(event.code) ? 1 : PREVIOUS.includes(event.code) ? -1 : 0;
  if (at < 0 || by === 0) return;
  event.preventDefault();
  const next = inputs[Math.min(inputs.length - 1, Math.max(0, at + by))];
  next?.focus();
  if (next?.type === "radio") next.checked = true;
}
