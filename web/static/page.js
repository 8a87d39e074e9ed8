/* What scripts add to the pages. Everything but suggestions works without them. */

import { suggest } from "./suggest.js";
import { rememberSearches } from "./recent.js";
import { swapResults } from "./swap.js";
import { openDrawer } from "./drawer.js";
import { openTimelines } from "./timeline.js";
import { stepThroughMatches } from "./matches.js";
import { showKeysOnQuestionMark } from "./keys.js";
import { offersCopies } from "./copy.js";
import { chooseWithoutReload } from "./settings.js";

const form = document.querySelector(".search-form");

/** Focus the box when "/" is typed outside of a field; on an Arabic keyboard that key types ظ. */
function focusOnSlash(input) {
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
    const modified = event.ctrlKey || event.metaKey || event.altKey || event.shiftKey;
    if (!typing && !modified && (event.key === "/" || event.code === "Slash")) {
      event.preventDefault();
      input.focus();
      input.select();
    }
  });
}

if (form) {
  const input = form.querySelector("input[name=q]");
  const recent = rememberSearches(form);
  suggest(form, input, recent);
  openDrawer();
  swapResults(form, input);
  focusOnSlash(input);
}
openTimelines();
stepThroughMatches();
offersCopies();
showKeysOnQuestionMark(document.querySelector(".site-footer a[href$='/help']")?.href ?? "help");
chooseWithoutReload();

/** Mark the passage that the address cites; what does so is only fetched if it does. */
function showCited() {
  if (!location.hash.startsWith("#chars=")) return;
  removeEventListener("hashchange", showCited);
  import("./cited.js");
}

if (document.querySelector(".article")) {
  addEventListener("hashchange", showCited);
  showCited();
}
