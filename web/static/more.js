/* A button that adds the next page to the results at hand. Without scripts the link to the next page is there. */

const FIRST = /[\d\u0660-\u0669,\u066c]+/; /* The number of the first hit, in any digits. */

/** Keep the button at the foot of the results; `load` gives the HTML of an address, `moved` is told the new address. */
export function offerMore(load, moved) {
  function offer() {
    const below = document.querySelector(".below");
    const next = below?.querySelector("a[rel=next]");
    if (!next) return;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "more-results";
    button.textContent = next.closest("nav").dataset.more;
    button.addEventListener("click", () => add(below, next.href, button));
    below.prepend(button);
  }

  async function add(below, address, button) {
    if (button.ariaBusy === "true") return;
    button.ariaBusy = "true"; /* It keeps the focus meanwhile. */
    const list = document.querySelector(".hits");
    const html = await load(address).catch(() => null);
    if (!list.isConnected) return; /* Other results have come. */
    const next = html && new DOMParser().parseFromString(html, "text/html");
    const hits = next?.querySelectorAll(".hits > li");
    if (!hits?.length) return location.assign(address);
    const first = FIRST.exec(below.querySelector(".numbers")?.textContent)?.[0];
    list.append(...hits);
    below.replaceChildren(...next.querySelector(".below").childNodes);
    const numbers = below.querySelector(".numbers")?.firstChild;
    if (numbers && first) numbers.data = numbers.data.replace(FIRST, first);
    moved(addressOf(list, address, below));
    offer();
    hits[0].querySelector("h2 a").focus({ preventScroll: true });
    document.getElementById("announcement").textContent = numbers?.data.trim() ?? "";
  }

  /** An address that shows what is shown now: all of it as one page if that may be so long, else the last page. */
  function addressOf(list, address, below) {
    const url = new URL(address, location.href);
    const count = list.querySelectorAll(":scope > li, .story li").length;
    const sizes = [...below.querySelectorAll(".sizes a")].map((link) => Number(new URL(link.href).searchParams.get("size")));
    if (list.start === 1 && count <= Math.max(...sizes, 0)) {
      url.searchParams.delete("page");
      url.searchParams.set("size", count);
    }
    return url;
  }

  document.addEventListener("arsearch:results", offer);
  offer();
}
