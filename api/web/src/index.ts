/**
 * `<script src="https://HOST/widget.js" data-token-url="/xiansou-token" async></script>` puts the chat onto a page.
 *
 * Other attributes: data-assistant, data-collection, data-language, data-title, data-greeting, data-theme (light, dark),
 * data-side (start), data-handoff ("off", or an address of yours), data-suggestions ("off", or questions with | between),
 * data-texts (JSON), data-target (a selector: the chat stands there instead of floating), data-manual (nothing by itself).
 */

import { h } from "./dom";
import { markdown } from "./markdown";
import { Widget, type Config } from "./widget";

const script = document.currentScript as HTMLScriptElement | null;
const home = script?.src ? new URL(script.src) : new URL(location.href);
const api = (script?.dataset["api"] ?? new URL(".", home).href).replace(/\/+$/, "");

function fromAttributes(told: DOMStringMap): Config {
  const { handoff, suggestions, texts, target } = told;
  return {
    api,
    tokenUrl: told["tokenUrl"] ?? null,
    handoffUrl: handoff && handoff !== "off" ? handoff : null,
    handoff: handoff !== "off",
    assistant: told["assistant"] ?? null,
    collection: told["collection"] ?? null,
    language: told["language"] ?? null,
    title: told["title"] ?? null,
    greeting: told["greeting"] ?? null,
    theme: (told["theme"] as Config["theme"]) ?? null,
    side: (told["side"] as Config["side"]) ?? null,
    suggestions: suggestions === "off" ? false : (suggestions?.split("|").map((one) => one.trim()).filter(Boolean) ?? null),
    target: target ? document.querySelector<HTMLElement>(target) : null,
    own: texts ? JSON.parse(texts) : {},
  };
}

const Xiansou = {
  /** The chat that stands on the page; null before `mount`. */
  chat: null as Widget | null,
  /** Puts a chat onto the page: the attributes above as fields, `token` as a function that returns one. */
  mount(config: Partial<Config> = {}): Widget {
    Xiansou.chat?.element.remove();
    Xiansou.chat = new Widget({ ...fromAttributes(script?.dataset ?? {}), ...config });
    return Xiansou.chat;
  },
  open: () => Xiansou.chat?.open(),
  close: () => Xiansou.chat?.close(),
  ask(question: string): void {
    Xiansou.chat?.open();
    Xiansou.chat?.ask(question);
  },
  /** An answer's text as elements, as the chat shows it; for pages with a chat of their own. */
  render(text: string): HTMLElement {
    return h("div", {}, markdown(text, (n) => h("sup", {}, `[${n}]`)));
  },
};

declare global {
  interface Window { Xiansou?: typeof Xiansou }
}

if (!window.Xiansou) {
  window.Xiansou = Xiansou;
  if (script && !("manual" in script.dataset)) {
    if (document.body) Xiansou.mount();
    else addEventListener("DOMContentLoaded", () => Xiansou.mount(), { once: true });
  }
}
