/* Results without a reload: links to results and the search forms fetch the next page and take over its content.
   Addresses, titles, Back and Forward are as they would be without this. */

import { isDrawerOpen, syncDrawer } from "./drawer.js";
import { offerMore } from "./more.js";

const KEPT_PAGES = 20;

export function swapResults(form, input) {
  const results = new URL(form.action).pathname;
  const pages = new Map(); /* Address → HTML, of pages already seen: Back is instant. */
  let shown = location.href;
  let asking = null;

  if (!document.body.classList.contains("search")) return; /* Home and articles have another frame. */
  history.scrollRestoration = "manual";
  addEventListener("pagehide", () => (history.scrollRestoration = "auto"));
  addEventListener("pageshow", () => (history.scrollRestoration = "manual"));

  const isResults = (url) => url.origin === location.origin && url.pathname === results && url.searchParams.has("q");

  function keepScroll() {
    history.replaceState({ ...history.state, scroll: scrollY }, "");
  }

  let scrolled = 0;
  addEventListener("scroll", () => {
    clearTimeout(scrolled);
    scrolled = setTimeout(keepScroll, 150);
  });

  async function load(url, signal) {
    const response = await fetch(url, { signal, headers: { Accept: "text/html" } });
    if (response.redirected || !response.headers.get("Content-Type")?.startsWith("text/html")) return null;
    return response.text();
  }

  function show(html) {
    const next = new DOMParser().parseFromString(html, "text/html");
    const main = next.querySelector("main");
    const kept = next.querySelector(".kept");
    if (!main || !kept || !next.body.classList.contains("search")) return false;
    const unfolded = [...document.querySelectorAll("main details[open]")].map(nameOf);
    const place = document.getElementById("filters")?.scrollTop ?? 0;
    document.title = next.title;
    document.querySelector("main").replaceChildren(...main.childNodes);
    form.querySelector(".kept").replaceChildren(...kept.childNodes);
    const box = next.querySelector(".search-form input[name=q]");
    input.value = box.value;
    input.dir = box.getAttribute("dir");
    const back = document.querySelector(".settings input[name=back]");
    if (back) back.value = next.querySelector(".settings input[name=back]").value;
    document.querySelector("link[rel=alternate]")?.remove();
    document.head.append(...next.querySelectorAll("link[rel=alternate]"));
    for (const details of document.querySelectorAll("main details")) {
      if (unfolded.includes(nameOf(details))) details.open = true;
    }
    syncDrawer();
    document.dispatchEvent(new CustomEvent("arsearch:results"));
    document.getElementById("filters")?.scrollTo({ top: place, behavior: "instant" });
    document.getElementById("announcement").textContent = document.querySelector("[data-announce]")?.textContent ?? "";
    return true;
  }

  async function go(url, { push, scroll = 0 }) {
    asking?.abort();
    clearTimeout(scrolled); /* A late one would write the old place into the new entry. */
    asking = new AbortController();
    const { signal } = asking;
    document.documentElement.setAttribute("aria-busy", "true");
    try {
      const html = (push ? null : pages.get(url.href)) ?? (await load(url, signal));
      if (signal.aborted) return;
      if (html === null) return location.assign(url.href);
      if (push) {
        keepScroll();
        history.pushState({}, "", url.href);
      }
      if (!show(html)) return location.replace(url.href);
      shown = url.href;
      pages.delete(url.href);
      pages.set(url.href, html);
      if (pages.size > KEPT_PAGES) pages.delete(pages.keys().next().value);
      scrollTo({ top: scroll, behavior: "instant" });
    } catch (error) {
      if (error.name !== "AbortError") location.assign(url.href);
    } finally {
      if (!signal.aborted) document.documentElement.removeAttribute("aria-busy");
    }
  }

  document.addEventListener("click", (event) => {
    if (event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    const link = event.target.closest("a[href]");
    if (!link || link.target || link.getAttribute("href").startsWith("#")) return;
    const url = new URL(link.href);
    if (!isResults(url)) return;
    event.preventDefault();
    if (link.closest("#filters") && isDrawerOpen()) url.hash = "filters";
    const scroll = link.closest("#filters, .chips") ? scrollY : 0; /* A choice leaves the reader where he is. */
    const used = nameOf(link);
    const choosing = link.closest("main");
    go(url, { push: true, scroll }).then(() => choosing && focusAfterSwap(used));
  });

  offerMore(load, (url) => {
    history.replaceState(history.state, "", url.href);
    shown = url.href;
  });

  /** What an element is called within what: a value of a facet is the same whether it is chosen or not. */
  function nameOf(element) {
    const home = element.closest("[aria-labelledby], [aria-label]");
    const name = element.querySelector("bdi, summary") ?? element;
    return `${home?.getAttribute("aria-labelledby") ?? home?.ariaLabel} ${name.textContent.trim()}`;
  }

  /** Put the focus where it was, on the link of the same name and place, else on the content. */
  function focusAfterSwap(used) {
    const same = [...document.querySelectorAll("main a")].find((other) => nameOf(other) === used);
    same?.closest("details")?.setAttribute("open", "");
    (same ?? (isDrawerOpen() ? document.getElementById("filters") : document.querySelector("main"))).focus({ preventScroll: true });
  }

  document.addEventListener("submit", (event) => {
    const sent = event.target;
    const url = new URL(sent.action);
    if (event.defaultPrevented || sent.method !== "get" || url.pathname !== results) return;
    url.search = new URLSearchParams([...new FormData(sent)].filter(([, value]) => String(value).trim()));
    if (!isResults(url)) return;
    event.preventDefault();
    if (matchMedia("(pointer: coarse)").matches) input.blur(); /* The keyboard of a phone would hide the results. */
    if (sent.closest("#filters") && isDrawerOpen()) url.hash = "filters";
    go(url, { push: true, scroll: sent.closest("#filters") ? scrollY : 0 });
  });

  addEventListener("popstate", (event) => {
    const url = new URL(location.href);
    if (url.href.split("#")[0] === shown.split("#")[0]) return syncDrawer(); /* Only the place in the page changed. */
    if (isResults(url)) go(url, { push: false, scroll: event.state?.scroll ?? 0 });
    else location.reload();
  });
}
