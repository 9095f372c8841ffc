// Texts, names and times in the page's language. Every text has a key in texts/<language>.json.

const language = document.documentElement.lang;
const timeZone = document.documentElement.dataset.timeZone;
const CHINESE = "zh-CN";
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const clockFormat = new Intl.DateTimeFormat(language, {
  timeZone,
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
});
const momentFormat = new Intl.DateTimeFormat(language, {
  timeZone,
  month: "2-digit",
  day: "2-digit",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
});
const zoneFormat = new Intl.DateTimeFormat("en", {
  timeZone,
  year: "numeric",
  month: "numeric",
  day: "numeric",
  hour: "numeric",
  minute: "numeric",
  second: "numeric",
  hourCycle: "h23",
});
const listFormat = new Intl.ListFormat(language, { type: "conjunction" });
let words: Record<string, string> = {};

/** A name that the city gives in both languages. */
export interface Titles {
  zh: string;
  en: string;
}

/** Fetch the texts; called once before anything is shown. */
export async function loadTexts(): Promise<void> {
  const answer = await fetch(`/static/texts/${language}.json`);
  if (!answer.ok) throw new Error(String(answer.status));
  words = (await answer.json()) as Record<string, string>;
}

/** Return the text of a key with its {places} filled. A key without text is shown as it is and fails a test. */
export function t(key: string, values: Record<string, string | number> = {}): string {
  const text = words[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => (name in values ? String(values[name]) : whole));
}

/** Return the text of a key that the server may know before this page does, else the word itself. */
export function word(group: string, value: string | number): string {
  return words[`${group}.${value}`] ?? String(value);
}

/** Return a name that the city gives in both languages. */
export function named(titles: Titles): string {
  return language === CHINESE ? titles.zh : titles.en;
}

/** Return names in one line, as the language joins them. */
export function listed(names: readonly string[]): string {
  return listFormat.format(names);
}

/** Return the time of day in the city's zone. */
export function timeOfDay(moment: Date): string {
  return clockFormat.format(moment);
}

/** Return date and time in the city's zone. */
export function dateAndTime(moment: Date): string {
  return momentFormat.format(moment);
}

/** Return the moment of a date and time (2026-11-26T08:30) that a person wrote as the city's own. */
export function inCity(written: string): Date {
  const asUtc = Date.parse(`${written}Z`);
  // What the city's clock shows at that moment of UTC is off by its distance from UTC, which the second look corrects
  // where the clocks were changed in between.
  const first = asUtc - (shownAsUtc(asUtc) - asUtc);
  return new Date(asUtc - (shownAsUtc(first) - first));
}

function shownAsUtc(moment: number): number {
  const parts = Object.fromEntries(zoneFormat.formatToParts(moment).map(({ type, value }) => [type, Number(value)]));
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

/** Return a duration for people: two units at most. */
export function age(milliseconds: number): string {
  const left = Math.max(0, milliseconds);
  const whole = (unit: number, within: number): number => Math.floor((left % within) / unit);
  if (left < MINUTE) return t("age.seconds", { seconds: whole(SECOND, MINUTE) });
  if (left < HOUR) {
    return t("age.minutes", { minutes: whole(MINUTE, HOUR), seconds: String(whole(SECOND, MINUTE)).padStart(2, "0") });
  }
  if (left < DAY) {
    return t("age.hours", { hours: whole(HOUR, DAY), minutes: String(whole(MINUTE, HOUR)).padStart(2, "0") });
  }
  return t("age.days", { days: Math.floor(left / DAY) });
}

/** Return a duration by its largest unit alone, for places that are narrow. */
export function roughAge(milliseconds: number): string {
  const left = Math.max(0, milliseconds);
  if (left < MINUTE) return t("age.seconds", { seconds: Math.floor(left / SECOND) });
  if (left < HOUR) return t("age.whole_minutes", { minutes: Math.floor(left / MINUTE) });
  if (left < DAY) return t("age.whole_hours", { hours: Math.floor(left / HOUR) });
  return t("age.days", { days: Math.floor(left / DAY) });
}

/** Return an amount of bytes for people. */
export function size(bytes: number): string {
  const mib = bytes / 2 ** 20;
  return mib < 1024 ? t("size.mib", { value: mib.toFixed(1) }) : t("size.gib", { value: (mib / 1024).toFixed(1) });
}

/** Return how long after the first alert a step came. */
export function stepAfter(milliseconds: number): string {
  const value = Math.max(0, milliseconds);
  if (value < SECOND) return t("step.milliseconds", { value: Math.round(value) });
  if (value < MINUTE) return t("step.seconds", { value: (value / SECOND).toFixed(1) });
  return t("step.minutes", { value: (value / MINUTE).toFixed(1) });
}
