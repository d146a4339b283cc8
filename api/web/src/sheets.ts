/** What slides over the conversation: a cited passage, and the form for a person. */

import { Problem, type Citation, type Client } from "./client";
import { h, icon, ICONS } from "./dom";
import { anchor, safeLink } from "./markdown";
import { place } from "./reply";
import { around, type Piece } from "./span";
import type { Texts } from "./texts";

/** One sheet at a time over `host`; the keyboard stays in it, Escape closes it and the focus goes back. */
export class Sheet {
  private back: HTMLElement | null = null;
  private readonly made = h("div", { class: "sheet", role: "dialog", "aria-modal": "true", hidden: true });

  constructor(host: HTMLElement, private readonly behind: HTMLElement[], private readonly say: Texts) {
    host.append(this.made);
    this.made.addEventListener("keydown", (event) => this.key(event));
  }

  get open(): boolean {
    return !this.made.hidden;
  }

  show(title: string, from: HTMLElement | null, ...content: Node[]): void {
    this.back = from;
    const close = h("button", { type: "button", class: "icon", "aria-label": this.say.close, onclick: () => this.close() }, icon(...ICONS.close));
    const heading = h("h2", { id: "sheet-title", dir: "auto" }, title);
    this.made.setAttribute("aria-labelledby", "sheet-title");
    this.made.replaceChildren(h("header", {}, heading, close), h("div", { class: "content", tabindex: "0", role: "region", "aria-labelledby": "sheet-title" }, ...content));
    this.made.hidden = false;
    for (const one of this.behind) one.inert = true;
    (this.made.querySelector<HTMLElement>("input, textarea") ?? close).focus();
  }

  close(): void {
    if (this.made.hidden) return;
    this.made.hidden = true;
    this.made.replaceChildren();
    for (const one of this.behind) one.inert = false;
    this.back?.focus();
  }

  private key(event: KeyboardEvent): void {
    if (event.key === "Escape") {
      event.stopPropagation();
      this.close();
    }
    if (event.key !== "Tab") return;
    const stops = [...this.made.querySelectorAll<HTMLElement>("a[href], button, input, textarea, [tabindex='0']")];
    const root = this.made.getRootNode() as ShadowRoot;
    const edge = event.shiftKey ? stops[0] : stops[stops.length - 1];
    if (root.activeElement === edge) {
      event.preventDefault();
      (event.shiftKey ? stops[stops.length - 1] : stops[0])?.focus();
    }
  }
}

/** Shows a citation highlighted in its surroundings. */
export async function showPassage(
  sheet: Sheet, client: Client, answerId: string | null, citation: Citation, from: HTMLElement, say: Texts,
): Promise<void> {
  const quote = h("div", { class: "passage", dir: "auto" }, h("mark", {}, citation.cited_text));
  const note = h("p", { class: "note", role: "status" }, say.loading);
  const path = place(citation);
  const link = citation.url && safeLink(citation.url) ? h("p", { class: "link" }, anchor(citation.url, say.openPage), icon(...ICONS.link)) : null;
  sheet.show(citation.title || say.passage, from, ...[path ? h("p", { class: "path", dir: "auto" }, path) : null, link, quote, note].filter((one): one is HTMLParagraphElement => Boolean(one)));
  if (!answerId) {
    note.remove(); // the answer is still being said: its quote is what there is
    return;
  }
  try {
    const { text, spans } = await client.cited(answerId, citation.n);
    const pieces = around(text, spans);
    if (pieces.length) quote.replaceChildren(...pieces.flatMap(shown));
    note.remove();
    const mark = quote.querySelector("mark");
    const scroller = quote.parentElement;
    if (mark && scroller) scroller.scrollTop = Math.max(0, mark.offsetTop - scroller.offsetTop - 80);
  } catch (error) {
    const gone = error instanceof Problem && (error.status === 404 || error.status === 410);
    if (gone) quote.remove(); // what was taken out of the documents is not shown out of the browser's memory
    note.textContent = gone ? say.gone : say.noText;
  }
}

const RULE_LINE = /^[ \t]*\|?[ \t:|-]*-{3}[ \t:|-]*$/;

/** A piece without the marks that only a page renders: the words and what is highlighted stay as they are. */
function shown(piece: Piece): Node[] {
  const lines = piece.text.split("\n");
  const kept = lines.filter((line) => !RULE_LINE.test(line));
  return kept.map((line, n) => {
    const heading = /^#{1,6}\s+(.*)$/.exec(line);
    const plain = (heading?.[1] ?? line).replace(/\*\*|__(?=\S)|(?<=\S)__/g, "").replace(/(?<![\w*])\*(?=\S)([^*\n]{1,200})(?<=\S)\*(?![\w*])/g, "$1").replace(/^[ \t]*\|[ \t]*|[ \t]*\|[ \t]*$/g, "").replace(/[ \t]+\|[ \t]+/g, " · ");
    const text = n < kept.length - 1 ? `${plain}\n` : plain;
    return piece.marked ? h("mark", {}, text) : heading ? h("strong", {}, text) : document.createTextNode(text);
  });
}

/** The form for a person; `send` gets what was filled in. */
export function showPerson(
  sheet: Sheet, from: HTMLElement | null, say: Texts, message: string, send: (told: { name: string; contact: string; message: string }) => Promise<void>,
): void {
  const name = h("input", { type: "text", name: "name", autocomplete: "name", maxlength: 200 });
  const contact = h("input", { type: "text", name: "contact", autocomplete: "email", maxlength: 200, required: true, "aria-describedby": "contact-fault" });
  const text = h("textarea", { name: "message", rows: 4, maxlength: 4000 });
  text.value = message;
  const fault = h("p", { class: "fault", id: "contact-fault", role: "alert" });
  const submit = h("button", { type: "submit", class: "pill strong" }, say.submit);
  const form = h("form", { class: "person", novalidate: true },
    h("p", {}, say.personLead),
    h("label", {}, h("span", {}, say.contact), contact), h("label", {}, h("span", {}, say.name), name), h("label", {}, h("span", {}, say.message), text),
    fault, h("div", { class: "row" }, submit, h("button", { type: "button", class: "pill", onclick: () => sheet.close() }, say.cancel)));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (!/\S+@\S+\.\S+|(?:\d[\s()+-]*){6,}/.test(contact.value)) {
      fault.textContent = say.contactNeeded;
      contact.setAttribute("aria-invalid", "true");
      contact.focus();
      return;
    }
    submit.disabled = true;
    fault.textContent = "";
    try {
      await send({ name: name.value.trim(), contact: contact.value.trim(), message: text.value.trim() });
      sheet.close();
    } catch {
      fault.textContent = say.handFailed;
      submit.disabled = false;
    }
  });
  sheet.show(say.person, from, form);
}
