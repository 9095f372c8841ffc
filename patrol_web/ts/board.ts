// The index board: how each area stands in a month, what that rests on, and whether these figures are fresh.

import { reasonOf } from "./desk/faults.js";
import { ask, RelayFault } from "./desk/relay.js";
import type { components } from "./api/relay.js";
import { byId, make, setText, showText } from "./kit/dom.js";
import { loadTexts, named, t, timeOfDay, word } from "./kit/texts.js";

type Shapes = components["schemas"];

const STANDINGS = ["green", "blue", "orange", "red", "incomplete"] as const;
const GRAVEST_FIRST: string[] = ["red", "orange", "blue", "incomplete", "green"];
const EVERY_MS = 30_000;
const ANSWER_WITHIN_MS = 10_000;

const board = byId("board");
const month = board.dataset.month ?? "";
const release = board.dataset.release ?? "";
let freshAt: Date | null = null;

function chip(standing: string): HTMLElement {
  return make("span", { class: `standing standing-${standing}` }, make("span", {}, word("standing", standing)));
}

function row(area: Shapes["AreaIndexShape"]): HTMLElement {
  const doubts = area.doubts.map((doubt) => word("doubt", doubt)).join(" · ");
  const complete = area.complete ? t("board.is_complete") : t("board.days", { days: area.incomplete_days, doubts });
  return make(
    "tr",
    {},
    make("th", { scope: "row" }, named(area.title)),
    make("td", {}, chip(area.standing)),
    make("td", {}, String(area.value)),
    make("td", {}, complete),
  );
}

function releaseLink(number: string, label: string): HTMLElement {
  const address = new URL(location.href);
  address.searchParams.set("month", month);
  address.searchParams.delete("release");
  if (number !== "") address.searchParams.set("release", number);
  return make("a", { href: address.search, "aria-current": number === release ? "true" : null }, label);
}

async function load(): Promise<void> {
  const wanted = release === "" ? "" : `&release=${release}`;
  const [index, releases] = await Promise.all([
    ask<Shapes["IndexShape"]>(`/index?month=${month}${wanted}`),
    ask<Shapes["ReleaseList"]>(`/counts/releases?month=${month}`),
  ]);
  const areas = [...index.areas].sort(
    (one, other) => GRAVEST_FIRST.indexOf(one.standing) - GRAVEST_FIRST.indexOf(other.standing),
  );
  byId("rows").replaceChildren(...areas.map(row));
  byId("releases").replaceChildren(
    releaseLink("", t("board.now")),
    ...releases.releases.map((each) =>
      releaseLink(String(each.release), t("board.release", { release: each.release, reason: each.reason })),
    ),
  );
  const incomplete = areas.filter((area) => !area.complete).length;
  freshAt = new Date();
  setText(byId("board-note"), t("board.note", { areas: areas.length, incomplete, at: timeOfDay(freshAt) }));
}

/** A relay that hangs takes the connection and answers nothing: that is no fresh figure either. */
function tooLate(): Promise<never> {
  return new Promise((_, reject) => {
    setTimeout(() => reject(new TypeError()), ANSWER_WITHIN_MS);
  });
}

async function refresh(): Promise<void> {
  try {
    await Promise.race([load(), tooLate()]);
    delete board.dataset.stale;
    showText(byId("stale"), "");
  } catch (error) {
    board.dataset.stale = "";
    const needsToken = error instanceof RelayFault && error.needsToken;
    const since = freshAt === null ? t("board.never") : timeOfDay(freshAt);
    showText(byId("stale"), needsToken ? t("board.token") : t("board.stale", { since, reason: reasonOf(error) }));
  }
  setTimeout(() => void refresh(), EVERY_MS);
}

await loadTexts();
byId("legend").replaceChildren(...STANDINGS.map((standing) => make("li", {}, chip(standing))));
await refresh();
