/* A citation of a passage, #chars=120-480, is scrolled to and marked. Offsets count code points of the article's text. */

const FRAGMENT = /^#chars=(\d{1,9})-(\d{1,9})$/;

/** The index in UTF-16 of the code point number `count` of `text`, which has at least so many. */
function indexOf(text, count) {
  let index = 0;
  for (; count > 0 && index < text.length; count--) index += text.codePointAt(index) > 0xffff ? 2 : 1;
  return index;
}

/** Put what stands between two code points of `element` into marks, one for each of its texts. */
function mark(element, start, end) {
  const marks = [];
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  const texts = [];
  while (walker.nextNode()) texts.push(walker.currentNode);
  let passed = 0;
  for (const text of texts) {
    const length = [...text.data].length;
    const from = Math.max(start - passed, 0);
    const to = Math.min(end - passed, length);
    passed += length;
    if (from >= to) continue;
    const first = indexOf(text.data, from);
    const last = indexOf(text.data, to);
    const piece = text.splitText(first);
    piece.splitText(last - first);
    const marked = document.createElement("mark");
    marked.className = "cited";
    piece.replaceWith(marked);
    marked.append(piece);
    marks.push(marked);
  }
  return marks;
}

function forget() {
  for (const marked of document.querySelectorAll("mark.cited")) {
    const parent = marked.parentNode;
    marked.replaceWith(...marked.childNodes);
    parent.normalize();
  }
}

function show() {
  forget();
  const fragment = FRAGMENT.exec(location.hash);
  if (!fragment) return;
  const [start, end] = [Number(fragment[1]), Number(fragment[2])];
  const marks = [];
  for (const paragraph of document.querySelectorAll(".article [data-start]")) {
    const begins = Number(paragraph.dataset.start);
    marks.push(...mark(paragraph, Math.max(start - begins, 0), end - begins));
  }
  if (!marks.length) return;
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  marks[0].scrollIntoView({ block: "center", behavior: still ? "instant" : "smooth" });
  const announced = marks.map((marked) => marked.textContent).join(" ");
  const announcement = document.getElementById("announcement");
  if (announcement) announcement.textContent = announced.slice(0, 400);
}

addEventListener("hashchange", show);
show();
