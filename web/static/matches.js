/* From one marked word of an article to the next, without a reload. */

export function stepThroughMatches() {
  const bar = document.querySelector(".matches");
  if (!bar) return;
  const count = Number(bar.dataset.matches);
  const language = document.documentElement.lang;
  const numbers = new Intl.NumberFormat(`${language}-u-nu-${bar.dataset.digits === "arabic" ? "arab" : "latn"}`);
  let current = Number(bar.dataset.current);

  function step(by) {
    current = ((Math.max(current, by < 0 ? 1 : 0) - 1 + by + count) % count) + 1;
    document.querySelector("mark.current")?.classList.remove("current");
    const mark = document.getElementById(`match-${current}`);
    mark.classList.add("current");
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    mark.scrollIntoView({ block: "center", behavior: still ? "instant" : "smooth" });
    bar.querySelector(".number").textContent = numbers.format(current);
    const paragraph = mark.closest("[data-start], h1").textContent.trim();
    bar.querySelector(".all").hidden = true;
    bar.querySelector(".one").hidden = false;
    const announced = bar.querySelector(".one").textContent.replace(/\s+/g, " ").trim();
    document.getElementById("announcement").textContent = `${announced}: ${paragraph.slice(0, 200)}`;
  }

  for (const [name, by] of [["next", 1], ["previous", -1]]) {
    bar.querySelector(`.${name}`).addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
      event.preventDefault();
      step(by);
    });
  }
}
