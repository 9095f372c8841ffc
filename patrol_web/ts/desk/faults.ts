// A failure in the page's words.

import { RelayFault } from "./relay.js";
import { t, word } from "../kit/texts.js";

/** Return why something failed: the code's text, else the relay's own sentence, else the network. */
export function reasonOf(fault: unknown): string {
  if (!(fault instanceof RelayFault)) return t("error.network");
  if (fault.message === "") return t("error.server", { code: fault.httpCode });
  const own = word("fault", fault.code);
  return own === fault.code ? fault.message : own;
}
