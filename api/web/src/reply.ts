/** One answer as the visitor sees it: text with chips, sources, options, thumbs. */

import type { Answer, Citation } from "./client";
import { h, icon, ICONS } from "./dom";
import { markdown, type Chip } from "./markdown";
import type { Texts } from "./texts";

export interface Doings {
  cite(citation: Citation, from: HTMLElement): void;
  ask(question: string): void;
  rate(rating: "up" | "down", reason?: string, comment?: string): Promise<void>;
  person(): void;
}

/** The text of an answer, or of what is there of it. */
export function body(text: string, citations: readonly Citation[], say: Texts, doings: Doings): HTMLElement {
  const known = new Map(citations.map((one) => [one.n, one]));
  const chip: Chip = (n) => {
    const citation = known.get(n);
    if (!citation) return null;
    const made = h("button", { type: "button", class: "chip", "aria-label": `${say.source} ${n}: ${citation.title}`, title: citation.title }, String(n));
    made.addEventListener("click", () => doings.cite(citation, made));
    return made;
  };
  return h("div", { class: "text", dir: "auto" }, markdown(text, chip));
}

/** Everything under a finished answer. */
export function below(answer: Answer, rated: "up" | "down" | undefined, say: Texts, doings: Doings, last: boolean): Node[] {
  const parts: Node[] = [];
  if (answer.complete === false) parts.push(h("p", { class: "note" }, say.incomplete));
  if (answer.citations.length) parts.push(sources(answer.citations, say, doings));
  if (last) {
    const options = answer.clarification?.options ?? (answer.unknown ?? []).flatMap((one) => one.nearest.slice(0, 4));
    if (answer.status === "clarify" && options.length) parts.push(choices(options, doings));
  }
  const refused = answer.status === "refused" || answer.handoff?.suggested;
  const actions = h("div", { class: "actions" });
  if (answer.status === "answered" || answer.status === "refused") actions.append(thumbs(rated, say, doings));
  if (answer.status === "answered") actions.append(copier(answer, say));
  if (refused) actions.append(h("button", { type: "button", class: "pill", onclick: () => doings.person() }, icon(...ICONS.person), say.person));
  if (actions.childNodes.length) parts.push(actions);
  return parts;
}

function sources(citations: readonly Citation[], say: Texts, doings: Doings): HTMLElement {
  const items = citations.map((one) => {
    const open = h("button", { type: "button", class: "source" },
      h("span", { class: "num" }, String(one.n)),
      h("span", { class: "where", dir: "auto" }, h("span", { class: "title" }, one.title), place(one) ? h("span", { class: "path" }, place(one)) : null));
    open.addEventListener("click", () => doings.cite(one, open));
    return h("li", {}, open);
  });
  return h("ul", { class: "sources", "aria-label": say.sources }, ...items);
}

/** The section of a citation, without its title. */
export function place(one: Citation): string {
  return one.section.filter((part) => part && part !== one.title).join(" › ");
}

function choices(options: readonly string[], doings: Doings): HTMLElement {
  const buttons = options.map((option) =>
    h("button", { type: "button", class: "pill", dir: "auto", onclick: () => doings.ask(option) }, option));
  return h("div", { class: "choices" }, ...buttons);
}

function thumbs(rated: "up" | "down" | undefined, say: Texts, doings: Doings): HTMLElement {
  const box = h("div", { class: "thumbs" });
  const button = (rating: "up" | "down", label: string) =>
    h("button", {
      type: "button", class: "icon small", "aria-label": label, title: label, "aria-pressed": rated === rating ? "true" : "false",
      onclick: () => void (rating === "up" ? tell("up") : why()),
    }, icon(...ICONS[rating]));
  const tell = async (rating: "up" | "down", reason?: string, comment?: string) => {
    try {
      await doings.rate(rating, reason, comment);
      rated = rating;
      draw(say.thanks);
    } catch {
      draw(say.failed);
    }
  };
  const why = () => {
    const comment = h("textarea", { rows: 2, maxlength: 2000, "aria-label": say.comment, placeholder: say.comment });
    const name = `why-${Math.random().toString(36).slice(2)}`;
    const radios = Object.entries(say.reasons).map(([key, label]) => h("label", {}, h("input", { type: "radio", name, value: key }), h("span", {}, label)));
    const form = h("form", { class: "why" }, h("fieldset", {}, h("legend", {}, say.why), ...radios), comment,
      h("div", { class: "row" }, h("button", { type: "submit", class: "pill strong" }, say.submit), h("button", { type: "button", class: "pill", onclick: () => draw("") }, say.cancel)));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const chosen = form.querySelector<HTMLInputElement>("input:checked");
      void tell("down", chosen?.value, comment.value.trim());
    });
    box.replaceChildren(form);
    form.querySelector("input")?.focus();
  };
  const draw = (said: string) => {
    box.replaceChildren(button("up", say.good), button("down", say.bad), h("span", { class: "said", role: "status" }, said));
  };
  draw("");
  return box;
}

function copier(answer: Answer, say: Texts): HTMLElement {
  const made = h("button", { type: "button", class: "icon small", "aria-label": say.copy, title: say.copy }, icon(...ICONS.copy));
  made.addEventListener("click", () => {
    const sources = answer.citations.map((one) => `[${one.n}] ${one.title}${one.url ? ` ${one.url}` : ""}`).join("\n");
    void navigator.clipboard?.writeText(sources ? `${answer.answer}\n\n${sources}` : answer.answer).then(() => {
      made.setAttribute("aria-label", say.copied);
      made.title = say.copied;
    });
  });
  return made;
}
