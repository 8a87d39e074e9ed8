/* Recent searches, kept in this browser and nowhere else. */

const KEY = "arsearch.recent";
const KEPT = 8;

/** Return what was searched for lately, newest first; nothing where the browser keeps nothing. */
function read() {
  try {
    const kept = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return Array.isArray(kept) ? kept.filter((query) => typeof query === "string").slice(0, KEPT) : [];
  } catch {
    return [];
  }
}

function write(queries) {
  try {
    localStorage.setItem(KEY, JSON.stringify(queries.slice(0, KEPT)));
  } catch {
    /* Private windows and full disks keep nothing; searching goes on. */
  }
}

/** Remember what *form* is sent with, and the query of the page that is shown. */
export function rememberSearches(form) {
  const recent = {
    all: read,
    add(query) {
      const typed = query.trim();
      if (typed) write([typed, ...read().filter((other) => other !== typed)]);
    },
    clear() {
      try {
        localStorage.removeItem(KEY);
      } catch {
        /* There is nothing to clear. */
      }
    },
  };
  form.addEventListener("submit", () => recent.add(form.elements.q.value));
  return recent;
}
