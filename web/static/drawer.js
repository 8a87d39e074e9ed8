/* The filters on a phone: a drawer that is open while the address ends in #filters. Back closes it, and a choice in it
   leaves it open. Without this the style sheet opens it, and the page behind can be reached all the same. */

const OPEN = "#filters";

export const narrow = matchMedia("(max-width: 57.99rem)");

export const isDrawerOpen = () => narrow.matches && location.hash === OPEN && Boolean(document.getElementById("filters"));

let hidden = [];
let wasOpen = false;

/** Show the drawer as the address says, and keep the keyboard in it. */
export function syncDrawer() {
  const panel = document.getElementById("filters");
  const open = isDrawerOpen();
  for (const element of hidden) element.inert = false;
  hidden = [];
  panel?.classList.toggle("open", open);
  if (open) {
    for (let inner = panel; inner !== document.body; inner = inner.parentElement) {
      hidden.push(...[...inner.parentElement.children].filter((other) => other !== inner && other.id !== "announcement"));
    }
    for (const element of hidden) element.inert = true;
    if (!panel.contains(document.activeElement)) panel.focus({ preventScroll: true });
  } else if (wasOpen) {
    /* Later: the browser itself gives the focus to where the address leads. */
    requestAnimationFrame(() => document.querySelector(".to-filters")?.focus({ preventScroll: true }));
  }
  wasOpen = open;
}

export function openDrawer() {
  addEventListener("hashchange", syncDrawer);
  narrow.addEventListener("change", syncDrawer);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && isDrawerOpen()) location.hash = "found";
  });
  syncDrawer();
}
