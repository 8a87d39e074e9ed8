/* A search box for pages of other sites: <script async src="https://search.example.org/embed.js"></script>, and
   <arsearch-box></arsearch-box> where it is to stand. Without such an element it stands where the script does.

   It brings its own styles into a shadow tree, so that neither page changes the other; it sets no cookie, keeps nothing,
   and needs no inline style or handler. Choosing leads to the results on the server that the script comes from. */

(() => {
  const script = document.currentScript;
  const server = script.src.slice(0, script.src.lastIndexOf("/"));
  const PAUSE = 150; /* Milliseconds without a key before suggestions are asked for. */
  const SHORTEST = 2;
  const OPERATORS = /["«»“”():*|]|(^|\s)-/;
  const KEPT = ["mode", "sort", "section", "source", "author", "tag", "from", "to"];
  const TEXTS = {
    ar: { label: "ابحث في المقالات", button: "بحث", suggestions: "اقتراحات" },
    en: { label: "Search articles", button: "Search", suggestions: "Suggestions" },
  };

  const style = new CSSStyleSheet();
  style.replaceSync(`
    :host { display: block; max-inline-size: 44rem; font: inherit; --accent: var(--arsearch-accent, light-dark(#0b5a53, #82cfc3));
      --on-accent: var(--arsearch-on-accent, light-dark(#ffffff, #10161a)); --paper: var(--arsearch-paper, light-dark(#ffffff, #1d2125));
      --ink: var(--arsearch-ink, light-dark(#1c1f22, #e8e6e1)); --edge: light-dark(#83878a, #757c83); --tint: color-mix(in srgb, var(--accent) 14%, var(--paper)); }
    :host([hidden]) { display: none; }
    form { position: relative; display: flex; margin: 0; background: var(--paper); border: 1px solid var(--edge); border-radius: 0.6rem; }
    form:focus-within { outline: 3px solid var(--accent); outline-offset: 1px; }
    input, button { box-sizing: border-box; min-block-size: 2.9rem; font: inherit; border: 0; }
    input { flex: 1; min-inline-size: 0; padding: 0.4rem 0.9rem; color: var(--ink); background: none; outline: none; appearance: none; text-align: start; }
    input::-webkit-search-cancel-button { display: none; }
    button { margin: 2px; padding: 0.4rem 1.2rem; font-weight: 600; color: var(--on-accent); background: var(--accent); border-radius: 0.5rem; cursor: pointer; }
    button:focus-visible { outline: 3px solid var(--ink); outline-offset: 1px; }
    ul { position: absolute; z-index: 1000; inset-block-start: calc(100% + 0.4rem); inset-inline: 0; margin: 0; padding: 0.4rem 0; list-style: none;
      color: var(--ink); background: var(--paper); border: 1px solid var(--edge); border-radius: 0.6rem; box-shadow: 0 0.5rem 1.5rem rgb(0 0 0 / 20%); }
    li { padding: 0.6rem 0.9rem; text-align: start; overflow-wrap: anywhere; cursor: pointer; }
    li:hover, [aria-selected="true"] { background: var(--tint); }
    [aria-selected="true"] { outline: 2px solid var(--accent); outline-offset: -2px; }
    [hidden] { display: none; }
    .away { position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
    @media (forced-colors: active) { button { border: 1px solid ButtonText; } [aria-selected="true"] { outline-color: Highlight; } }
  `);

  const element = (name, attributes = {}, ...children) => {
    const made = document.createElement(name);
    for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, value);
    made.append(...children);
    return made;
  };

  class SearchBox extends HTMLElement {
    connectedCallback() {
      if (this.shadowRoot) return;
      const lang = (this.closest("[lang]")?.lang ?? "ar").startsWith("en") ? "en" : "ar";
      const texts = TEXTS[lang];
      const label = this.getAttribute("label") ?? texts.label;
      this.input = element("input", {
        id: "q", type: "search", name: "q", required: "", placeholder: this.getAttribute("placeholder") ?? label,
        autocomplete: "off", autocapitalize: "off", spellcheck: "false", enterkeyhint: "search", maxlength: "1000",
        role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": "options",
      });
      this.list = element("ul", { id: "options", role: "listbox", "aria-label": texts.suggestions, hidden: "" });
      this.form = element("form", { role: "search", lang, dir: lang === "ar" ? "rtl" : "ltr" },
        element("label", { for: "q", class: "away" }, label), this.input, this.list, element("button", {}, texts.button));
      const shadow = this.attachShadow({ mode: "open", delegatesFocus: true });
      shadow.adoptedStyleSheets = [style];
      shadow.append(this.form);
      this.typed = "";
      this.active = -1;
      this.form.addEventListener("submit", (event) => this.submit(event));
      this.form.addEventListener("focusout", (event) => this.form.contains(event.relatedTarget) || this.close());
      this.input.addEventListener("input", () => this.type());
      this.input.addEventListener("keydown", (event) => this.press(event));
      this.list.addEventListener("mousedown", (event) => event.preventDefault()); /* The box keeps the focus. */
      this.list.addEventListener("click", (event) => {
        const index = [...this.list.children].indexOf(event.target.closest("li"));
        if (index >= 0) this.choose(index), this.form.requestSubmit();
      });
    }

    type() {
      this.typed = this.input.value;
      this.input.dir = this.typed ? "auto" : this.form.dir;
      clearTimeout(this.waiting);
      this.asking?.abort();
      if (this.typed.trim().length < SHORTEST) this.close();
      else this.waiting = setTimeout(() => this.ask(), PAUSE);
    }

    async ask() {
      this.asking = new AbortController();
      const { signal } = this.asking;
      try {
        const address = `${server}/suggest?${new URLSearchParams({ q: this.typed })}`;
        const response = await fetch(address, { signal, credentials: "omit", referrerPolicy: "origin" });
        const [, found] = await response.json();
        if (!signal.aborted) this.open(found);
      } catch {
        this.close(); /* The server does not allow this site: the box searches all the same. */
      }
    }

    open(texts) {
      this.list.replaceChildren(...texts.map((text, index) =>
        element("li", { id: `option-${index}`, role: "option", "aria-selected": "false", dir: "auto" }, text)));
      this.list.hidden = !texts.length;
      this.active = -1;
      this.input.removeAttribute("aria-activedescendant");
      this.input.setAttribute("aria-expanded", String(texts.length > 0));
    }

    close() {
      clearTimeout(this.waiting);
      this.asking?.abort();
      this.open([]);
    }

    choose(index) {
      this.active = index;
      [...this.list.children].forEach((option, number) => option.setAttribute("aria-selected", String(number === index)));
      const option = this.list.children[index];
      this.input.value = option?.textContent ?? this.typed;
      if (option) this.input.setAttribute("aria-activedescendant", option.id);
      else this.input.removeAttribute("aria-activedescendant");
      option?.scrollIntoView({ block: "nearest" });
    }

    press(event) {
      if (event.isComposing || event.ctrlKey || event.metaKey) return;
      const count = this.list.children.length;
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        const step = event.key === "ArrowDown" ? 1 : -1;
        /* From the text, through the options, to the text again. */
        if (count) this.choose(((this.active + 1 + step + count + 1) % (count + 1)) - 1);
        else if (this.input.value.trim()) this.type();
      } else if (event.key === "Escape" && count) {
        event.preventDefault();
        this.input.value = this.typed;
        this.close();
      }
    }

    submit(event) {
      event.preventDefault(); /* An address and no form: the policy of the page need not allow one. */
      const query = this.input.value.trim();
      if (!query) return;
      const asked = new URLSearchParams({ q: query });
      for (const name of KEPT) {
        for (const value of (this.getAttribute(name) ?? "").split("|").filter(Boolean)) asked.append(name, value);
      }
      if (this.active >= 0 && OPERATORS.test(query)) asked.set("operators", "false"); /* A title is no query language. */
      this.close();
      const address = `${server}/search?${asked}`;
      if (this.getAttribute("target") === "_blank") open(address, "_blank", "noopener");
      else location.assign(address);
    }
  }

  if (!customElements.get("arsearch-box")) customElements.define("arsearch-box", SearchBox);

  const stand = () => {
    if (document.querySelector("arsearch-box")) return;
    const box = document.createElement("arsearch-box");
    for (const [name, value] of Object.entries(script.dataset)) box.setAttribute(name, value);
    (script.closest("body") ? script : document.body.firstChild).after(box);
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", stand);
  else stand();
})();
