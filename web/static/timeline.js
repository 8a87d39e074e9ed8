/* Results over time: the link opens the figure above the results. Bars are chosen by dragging over them, and by the two
   boxes below them, which need a keyboard only. The bars are painted by the server; nothing is drawn here. */

let open = false;

export function openTimelines() {
  document.addEventListener("click", async (event) => {
    const link = event.target.closest?.("a.to-timeline");
    if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    open = !open;
    await showTimeline();
    if (open) document.querySelector(".found .timeline")?.querySelector("select, a")?.focus({ preventScroll: true });
  });
  document.addEventListener("arsearch:results", () => showTimeline());
}

/** Put the figure above the hits, or take it away, as the reader last chose. */
async function showTimeline() {
  const link = document.querySelector("a.to-timeline");
  document.querySelector(".found .timeline")?.remove();
  link?.setAttribute("aria-expanded", String(open));
  link?.setAttribute("role", "button");
  if (!link || !open) return;
  const response = await fetch(link.href, { headers: { Accept: "text/html" } });
  if (!response.ok) return location.assign(link.href);
  const figure = new DOMParser().parseFromString(await response.text(), "text/html").querySelector(".timeline");
  if (!figure || !open || !link.isConnected) return;
  figure.querySelector("details")?.removeAttribute("open");
  document.querySelector(".found .timeline")?.remove();
  document.querySelector(".summary").after(figure);
  if (figure.querySelector("form")) chooseByDragging(figure);
}

function chooseByDragging(figure) {
  const svg = figure.querySelector("svg");
  const form = figure.querySelector("form");
  const { from, to } = form.elements;
  const slots = [...svg.querySelectorAll(".slot")];
  const button = form.querySelector("button");
  const label = button.textContent;
  let begun = -1;

  const slotAt = (x) => {
    const { left, width } = svg.getBoundingClientRect();
    const place = Math.min(Math.max((x - left) / width, 0), 0.9999);
    const index = Math.floor((document.documentElement.dir === "rtl" ? 1 - place : place) * slots.length);
    return Math.min(index, slots.length - 1);
  };

  function paint() {
    const [first, last] = [from.selectedIndex, to.selectedIndex].sort((one, other) => one - other);
    const whole = first === 0 && last === slots.length - 1;
    slots.forEach((slot, index) => slot.classList.toggle("chosen", !whole && index >= first && index <= last));
    button.textContent = whole ? label : form.dataset.apply.replace("{first}", from.options[first].text).replace("{last}", to.options[last].text);
    button.disabled = whole;
  }

  function choose(one, other) {
    from.selectedIndex = Math.min(one, other);
    to.selectedIndex = Math.max(one, other);
    paint();
  }

  svg.addEventListener("pointerdown", (event) => {
    begun = slotAt(event.clientX);
    svg.setPointerCapture(event.pointerId);
    choose(begun, begun);
  });
  svg.addEventListener("pointermove", (event) => {
    const slot = slotAt(event.clientX);
    if (begun >= 0) choose(begun, slot);
    const option = from.options[slot];
    svg.setAttribute("aria-label", option.text);
    figure.querySelector(".ends").dataset.over = form.dataset.count.replace("{period}", option.text).replace("{count}", option.dataset.count);
  });
  svg.addEventListener("pointerup", () => {
    if (begun >= 0) form.requestSubmit();
    begun = -1;
  });
  svg.addEventListener("pointercancel", () => (begun = -1));
  svg.addEventListener("pointerleave", () => delete figure.querySelector(".ends").dataset.over);
  form.addEventListener("change", () => choose(from.selectedIndex, to.selectedIndex));
  form.addEventListener("submit", () => choose(from.selectedIndex, to.selectedIndex));
  paint();
}
