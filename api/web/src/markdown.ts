/**
 * Answers as elements. An allow-list: paragraphs, line breaks, bold, code, lists, small tables, links with a safe scheme,
 * citation marks. Everything else stays the text that it is: no HTML, no pictures.
 */

import { h } from "./dom";

/** What stands for `[n]`; null where there is no such citation, and the mark stays text. */
export type Chip = (n: number) => Node | null;

const ITEM = /^(\s*)(?:[-*•]\s+|(\d{1,3})(?:[.)]\s+|[、．]\s*)|([a-z])\)\s+|([①-⑳])\s*)(\S.*)$/;
const RULE = /^\s*\|?(?:\s*:?-{2,}:?\s*\|)+\s*(?::?-{2,}:?\s*)?\|?\s*$/;
const HEADING = /^#{1,6}\s+(.*)$/;
const FENCE = /^\s*```/;
const LINKS = ["http:", "https:", "mailto:", "tel:"];

/** The address when a click on it is harmless, else null. */
export function safeLink(address: string): string | null {
  try {
    const url = new URL(address);
    return LINKS.includes(url.protocol) && !url.username && !url.password ? url.href : null;
  } catch {
    return null; // relative or broken: it would lead somewhere on the page's own site
  }
}

/** A whole answer. */
export function markdown(text: string, chip: Chip): DocumentFragment {
  const out = document.createDocumentFragment();
  const lines = text.replace(/\r\n?/g, "\n").split("\n");
  let at = 0;
  while (at < lines.length) {
    const line = lines[at] ?? "";
    if (!line.trim()) at += 1;
    else if (FENCE.test(line)) at = code(lines, at, out);
    else if (line.includes("|") && RULE.test(lines[at + 1] ?? "")) at = table(lines, at, out, chip);
    else if (item(line)) at = list(lines, at, out, chip);
    else at = paragraph(lines, at, out, chip);
  }
  return out;
}

function code(lines: string[], at: number, out: DocumentFragment): number {
  let end = at + 1;
  while (end < lines.length && !FENCE.test(lines[end] ?? "")) end += 1;
  out.append(h("pre", { tabindex: "0" }, h("code", {}, lines.slice(at + 1, end).join("\n"))));
  return end + 1;
}

function cells(line: string): string[] {
  return line.trim().replace(/^\|/, "").replace(/\|\s*$/, "").split("|").map((cell) => cell.trim());
}

function table(lines: string[], at: number, out: DocumentFragment, chip: Chip): number {
  const head = cells(lines[at] ?? "");
  const body = h("tbody");
  let end = at + 2;
  let trailing = "";
  for (; end < lines.length && (lines[end] ?? "").trim().startsWith("|"); end += 1) {
    let row = (lines[end] ?? "").trim();
    const marks = /\|\s*((?:\[\d{1,3}\]\s*)+)$/.exec(row); // citations that stand behind the last row
    if (marks) {
      trailing += marks[1] ?? "";
      row = row.slice(0, marks.index + 1);
    }
    const values = cells(row);
    const made = h("tr");
    if (values.slice(1).every((value) => !value) && head.length > 1) {
      made.append(h("th", { colspan: head.length, scope: "colgroup" }, inline(values[0] ?? "", chip)));
    } else {
      for (let n = 0; n < head.length; n += 1) {
        made.append(h(n ? "td" : "th", n ? {} : { scope: "row" }, inline(values[n] ?? "", chip)));
      }
    }
    body.append(made);
  }
  const names = head.map((name) => h("th", { scope: "col" }, inline(name, chip)));
  out.append(h("div", { class: "table", tabindex: "0", role: "group" }, h("table", {}, h("thead", {}, h("tr", {}, ...names)), body)));
  if (trailing) out.append(h("p", { class: "marks" }, inline(trailing, chip)));
  return end;
}

interface Item { indent: number; ordered: boolean; start: number; mark: string; text: string }

function item(line: string): Item | null {
  const found = ITEM.exec(line);
  if (!found) return null;
  const [, indent = "", digits, letter, circled, text = ""] = found;
  const start = digits ? Number(digits) : letter ? letter.charCodeAt(0) - 96 : circled ? circled.charCodeAt(0) - 0x245f : 1;
  return { indent: indent.length, ordered: Boolean(digits || letter || circled), start, mark: letter ? "a" : "1", text };
}

function list(lines: string[], at: number, out: DocumentFragment, chip: Chip): number {
  const first = item(lines[at] ?? "") as Item;
  const made = first.ordered ? h("ol", { start: first.start, type: first.mark }) : h("ul");
  let open: HTMLLIElement | null = null;
  let next = first.start;
  while (at < lines.length) {
    const line = lines[at] ?? "";
    const found = item(line);
    if (found && found.ordered === first.ordered && found.indent <= first.indent + 1) {
      open = h("li", found.ordered && found.start !== next ? { value: found.start } : {}, inline(found.text, chip));
      next = found.start + 1;
      made.append(open);
      at += 1;
    } else if (found && open && found.indent > first.indent) {
      const inner = document.createDocumentFragment();
      at = list(lines, at, inner, chip);
      open.append(inner);
    } else if (/^\s{2,}\S/.test(line) && open && !found) {
      open.append(h("br"), inline(line.trim(), chip));
      at += 1;
    } else if (!line.trim() && item(lines[at + 1] ?? "")?.ordered === first.ordered && first.ordered) {
      at += 1; // steps that an empty line sets apart are one procedure
    } else {
      break;
    }
  }
  out.append(made);
  return at;
}

function paragraph(lines: string[], at: number, out: DocumentFragment, chip: Chip): number {
  const made = h("p");
  for (let first = true; at < lines.length; at += 1, first = false) {
    const line = lines[at] ?? "";
    if (!first && (!line.trim() || item(line) || FENCE.test(line) || (line.includes("|") && RULE.test(lines[at + 1] ?? "")))) break;
    if (!first) made.append(h("br"));
    const heading = HEADING.exec(line);
    made.append(heading ? h("strong", {}, inline(heading[1] ?? "", chip)) : inline(line.trim(), chip));
  }
  out.append(made);
  return at;
}

// A mark of a citation, code, bold, a link, a bare address. Bounded, so that no text makes it slow.
const INLINE =
  /\[(\d{1,3})\](?!\()|`([^`\n]{1,400})`|\*\*([^*\n]{1,400})\*\*|(!?)\[([^\[\]\n]{1,300})\]\(([^()\s]{1,2000})\)|(https?:\/\/[^\s<>"'`|\]\[)，。；：！？、（）《》“”]{3,2000})/g;

function inline(text: string, chip: Chip): DocumentFragment {
  const out = document.createDocumentFragment();
  let done = 0;
  for (const found of text.matchAll(INLINE)) {
    const [whole, n, mono, strong, picture, label, target, bare] = found;
    let node: Node | null = null;
    let length = whole.length;
    if (n !== undefined) node = chip(Number(n));
    else if (mono !== undefined) node = h("code", {}, mono);
    else if (strong !== undefined) node = h("strong", {}, inline(strong, chip));
    else if (label !== undefined) node = picture ? document.createTextNode(label) : anchor(target ?? "", label);
    else if (bare !== undefined) {
      const address = bare.replace(/[.,;:!?]+$/, "");
      length = address.length;
      node = anchor(address, address);
    }
    if (!node) continue;
    out.append(text.slice(done, found.index), node);
    done = found.index + length;
  }
  out.append(text.slice(done));
  return out;
}

/** A link that tells the other page nothing; where its scheme is not safe, its words alone. */
export function anchor(target: string, label: string): Node {
  const href = safeLink(target);
  if (!href) return document.createTextNode(label);
  return h("a", { href, target: "_blank", rel: "noopener noreferrer nofollow" }, label);
}
