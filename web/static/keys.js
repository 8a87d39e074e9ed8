/* The keys of the page, shown on "?": fetched from the page of help when they are first wanted. */

let dialog = null;

export function showKeysOnQuestionMark(address) {
  document.addEventListener("keydown", async (event) => {
    const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
    const modified = event.ctrlKey || event.metaKey || event.altKey;
    if (typing || modified || (event.key !== "?" && event.key !== "؟")) return;
    event.preventDefault();
    dialog ??= await fetchKeys(address);
    if (!dialog) return location.assign(address);
    if (dialog.open) dialog.close();
    else dialog.showModal();
  });
}

async function fetchKeys(address) {
  const response = await fetch(address, { headers: { Accept: "text/html" } });
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const keys = page.querySelector(".keys");
  if (!keys) return null;
  const made = document.createElement("dialog");
  made.setAttribute("aria-labelledby", "keys");
  const more = Object.assign(document.createElement("a"), { href: address, textContent: page.querySelector("h1").textContent });
  made.append(keys, more);
  made.addEventListener("click", (event) => event.target === made && made.close());
  document.body.append(made);
  return made;
}
