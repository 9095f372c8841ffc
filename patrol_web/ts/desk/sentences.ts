// The relay's own sentences in the page's language. One that is not known here is shown as the relay says it.

import { t, word } from "../kit/texts.js";

type Said = (found: string[]) => string;

const PATTERNS: [RegExp, Said][] = [
  // Why a unit would be asked (relay/core/candidates.py).
  [/^(own beat or town|the town|the city)$/, ([ring]) => word("ring", (ring ?? "").replaceAll(" ", "_"))],
  [/^place unknown$/, () => t("why.place_unknown")],
  [/^(\d+) m from its post$/, ([metres]) => t("why.from_post", { metres: metres ?? "" })],
  [/^(\d+) m, fix (\d+) s old$/, ([metres, seconds]) => t("why.from_fix", { metres: metres ?? "", seconds: seconds ?? "" })],
  [/^(\d+) before it$/, ([count]) => t("why.load", { count: count ?? "" })],
  // Why one would not be.
  [/^asked already: (\w+)$/, ([state]) => t("why.asked", { state: word("dispatch", state ?? "") })],
  [/^busy: (\w+)$/, ([activity]) => t("why.busy", { activity: word("activity", activity ?? "") })],
  [/^off (duty|shift|duty by hand)$/, ([how]) => word("off", (how ?? "").replaceAll(" ", "_"))],
  [/^not in the store$/, () => t("why.not_in_store")],
  [
    /^(\w+) is not sent to what is (\w+)$/,
    ([force, severity]) => t("why.not_sent_severity", { force: word("force", force ?? ""), severity: word("severity", severity ?? "") }),
  ],
  [/^(\w+) is not sent to (\w+)$/, ([force, family]) => t("why.not_sent_family", { force: word("force", force ?? ""), family: word("family", family ?? "") })],
  // Why an act was refused (relay/core/desk_acts.py, regrouping.py, silences.py).
  [/^it has changed since\b/, () => t("refusal.changed")],
  [/^(\S+) has it by now$/, ([owner]) => t("refusal.owner_now", { owner: owner ?? "" })],
  [/ no longer has it: the acknowledgement lapsed$/, () => t("refusal.owner_none")],
  [/ has it; recall it first\b/, () => t("refusal.has_unit")],
  [/ is (\w+); reopen (it|that) first\b/, ([state]) => t("refusal.finished", { state: word("state", state ?? "") })],
  [/^it was merged into /, () => t("refusal.merged")],
  [/^no open dispatch of this incident\b/, () => t("refusal.no_dispatch")],
  [/^all of its alerts would leave\b/, () => t("refusal.all_leave")],
  [/ lasts (\d+) days? at most\b/, ([days]) => t("refusal.too_long", { days: days ?? "" })],
  [/^name at least a room\b/, () => t("refusal.whole_city")],
  // What a room's act says for itself: why a suggestion was dismissed, and where nobody gave a reason (relay/app/record_work.py).
  [/^(light_or_shadow|animal|usual_here|nothing_there|repeat)$/, ([why]) => word("dismissed_for", why ?? "")],
  [/^(dismissed|taken back) by its room$/, ([how]) => word("by_room", (how ?? "").replaceAll(" ", "_"))],
  [/^(named|withdrawn) by the operator$/, ([how]) => word("by_operator", how ?? "")],
  [/^'(.+)' is not in the city's categories$/, ([named]) => t("why.no_category", { named: named ?? "" })],
  [/^taken as unclassified$/, () => t("why.taken_as_unclassified")],
  // What was doubtful about an alert (relay/core/clocking.py, relay/app/record_work.py).
  [/^(\S+) is no room of the city and named no place$/, ([node]) => t("why.no_room", { node: node ?? "" })],
  [/^shown in the city's middle$/, () => t("why.in_the_middle")],
  [/^the room's clock was suspect$/, () => t("why.clock_suspect")],
  [/^(\d+) s (ahead of|behind) the relay$/, ([seconds, how]) => t(how === "behind" ? "why.clock_behind" : "why.clock_ahead", { seconds: seconds ?? "" })],
  [/^time of receipt taken$/, () => t("why.time_of_receipt")],
  [/^within (\d+) ms of the month's end, as exact as its time is$/, ([ms]) => t("why.month_s_end", { ms: ms ?? "" })],
];

/** Return one sentence of the relay, whose parts are set apart by semicolons where it gives several facts. */
export function sentence(text: string): string {
  const whole = known(text);
  if (whole !== null) return whole;
  const parts = text.split("; ");
  const said = parts.map((part) => known(part) ?? part);
  if (said.every((part, position) => part === parts[position])) return text;
  return said.reduce((one, other) => t("why.and", { one, other }));
}

function known(text: string): string | null {
  for (const [pattern, said] of PATTERNS) {
    const found = pattern.exec(text);
    if (found !== null) return said(found.slice(1));
  }
  return null;
}
