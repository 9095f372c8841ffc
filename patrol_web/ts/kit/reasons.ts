// Why something is as it is, in the page's language. The program says it in English, one sentence of a closed set
// (texts/reasons.json); each has a code here, found by its wording, and a text in both languages. A test holds the set
// against the sources. A sentence that nobody knows is shown as it came.

interface Catalogue {
  reasons: Record<string, Record<string, string>>;
  words: Record<string, Record<string, string>>;
}

/** One sentence: how the program says it, which places it has, how this page says it. */
interface Wording {
  sentence: RegExp;
  places: string[];
  text: string;
}

/** A place that holds a whole sentence again. */
const INNER = "reason";
/** What may stand in a place: an address has no spaces, so that "address: sentence" fits nothing else. */
const FITS: Record<string, string> = { where: "(\\S+)", camera: "(\\S+)", operator: "(\\S+)", stream: "(\\w+)" };
const ANYTHING = "(.+?)";

let wordings: Wording[] = [];
let words: Catalogue["words"] = {};
const language = document.documentElement.lang;

/** Fetch the catalogue; called once, after the texts. */
export async function loadReasons(): Promise<void> {
  const answer = await fetch("/static/texts/reasons.json");
  if (!answer.ok) throw new Error(String(answer.status));
  const found = (await answer.json()) as Catalogue;
  words = found.words;
  // The most definite first: the longest without its places.
  wordings = Object.values(found.reasons)
    .sort((one, other) => definite(other["program"] ?? "") - definite(one["program"] ?? ""))
    .map((one) => wordingOf(one["program"] ?? "", one[language] ?? ""));
}

/** Return a sentence of the program in the page's language; one that is not known, as it is. */
export function reason(sentence: string): string {
  return translated(sentence) ?? sentence;
}

/** Return a sentence of the program in the page's language, or null when it is not known. */
export function translated(sentence: string): string | null {
  for (const { sentence: wording, places, text } of wordings) {
    const found = wording.exec(sentence);
    if (found === null) continue;
    const values = new Map(places.map((place, position) => [place, found[position + 1] ?? ""]));
    const inner = values.get(INNER);
    // What only looks like "address: sentence" is left to a wording that fits.
    if (text.startsWith("{where}") && inner !== undefined && translated(inner) === null) continue;
    return text.replace(/\{(\w+)\}/g, (_, place: string) => shown(place, values.get(place) ?? ""));
  }
  return null;
}

function shown(place: string, value: string): string {
  if (place === INNER) return translated(value) ?? words[value]?.[language] ?? value;
  return words[value]?.[language] ?? value;
}

function definite(program: string): number {
  return program.replace(/\{\w+\}/g, "").length;
}

function wordingOf(program: string, text: string): Wording {
  const places: string[] = [];
  const pattern = program.replace(/[.*+?^$()[\]\\|]/g, "\\$&").replace(/\{(\w+)\}/g, (_, place: string) => {
    places.push(place);
    return FITS[place] ?? ANYTHING;
  });
  return { sentence: new RegExp(`^${pattern}$`, "s"), places, text };
}
