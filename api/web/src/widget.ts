/** The chat: its state, and what happens when. */

import { Client, Problem, type Answer, type Citation, type Options } from "./client";
import { h, icon, ICONS } from "./dom";
import { below, body, type Doings } from "./reply";
import { Sheet, showPassage, showPerson } from "./sheets";
import { Store, type Entry, type Kept } from "./store";
import { CSS } from "./style";
import { languageOf, texts, type Texts } from "./texts";

export interface Config extends Options {
  language?: string | null;
  title?: string | null;
  greeting?: string | null;
  theme?: "light" | "dark" | "auto" | null;
  side?: "start" | "end" | null;
  target?: HTMLElement | null;
  suggestions?: string[] | false | null;
  handoff?: boolean | null;
  own?: Partial<Texts>;
}

const RETRIES = 4;
const STILL_MS = 4_000;
const LONGEST = 4000;

export class Widget {
  readonly element = document.createElement("xiansou-chat");
  private readonly root = this.element.attachShadow({ mode: "open" });
  private readonly say: Texts;
  private readonly language: "zh" | "en";
  private readonly client: Client;
  private readonly store: Store;
  private readonly kept: Kept;
  private readonly log = h("div", { class: "log", tabindex: "0", role: "log", "aria-live": "off" });
  private readonly spoken = h("div", { class: "hidden", "aria-live": "polite", role: "status" });
  private readonly input: HTMLTextAreaElement;
  private readonly sender: HTMLButtonElement;
  private readonly launcher: HTMLButtonElement | null;
  private readonly panel: HTMLElement;
  private readonly sheet: Sheet;
  private running: AbortController | null = null;
  private started = false;

  constructor(private readonly config: Config) {
    this.language = languageOf(config.language || document.documentElement.lang || navigator.language);
    this.say = texts(this.language, { ...config.own, ...(config.title ? { title: config.title } : {}), ...(config.greeting ? { greeting: config.greeting } : {}) });
    this.client = new Client(config);
    this.store = new Store(`xiansou:${config.api}:${config.assistant ?? ""}:${config.collection ?? ""}`);
    this.kept = this.store.load();
    this.element.lang = this.language === "zh" ? "zh-CN" : "en";
    this.element.dataset["theme"] = config.theme ?? "auto";
    this.element.dataset["side"] = config.side ?? "end";
    this.element.dataset["mode"] = config.target ? "inline" : "float";
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(CSS);
    this.root.adoptedStyleSheets = [sheet];

    const { say } = this;
    this.input = h("textarea", { rows: 1, "aria-label": say.input, placeholder: say.placeholder, maxlength: LONGEST, enterkeyhint: "send", dir: "auto" });
    this.sender = h("button", { type: "submit", class: "send", "aria-label": say.send }, icon(...ICONS.send));
    const form = h("form", { class: "composer" }, this.input, this.sender);
    this.log.setAttribute("aria-label", say.title);
    const button = (label: string, paths: string[], act: () => void) =>
      h("button", { type: "button", class: "icon", "aria-label": label, title: label, onclick: act as unknown as EventListener }, icon(...paths));
    const header = h("header", { class: "top" },
      h("div", { class: "names" }, h("h2", {}, say.title), h("p", {}, say.subtitle)),
      button(say.fresh, ICONS.fresh, () => this.reset()),
      config.handoff === false ? null : button(say.person, ICONS.person, () => this.person()),
      config.target ? null : button(say.close, ICONS.close, () => this.close()));
    this.panel = h("section", { class: "panel", role: config.target ? "region" : "dialog", "aria-label": say.title, id: "panel", hidden: !config.target },
      header, this.log, form, this.spoken);
    this.sheet = new Sheet(this.panel, [header, this.log, form], say);
    this.launcher = config.target ? null : h("button", {
      type: "button", class: "launcher", "aria-label": say.open, "aria-expanded": "false", "aria-controls": "panel", onclick: () => this.toggle(),
    }, icon(...ICONS.chat));
    this.root.append(this.panel);
    if (this.launcher) this.root.append(this.launcher);
    this.wire(form);
    (config.target ?? document.body).append(this.element);
    if (config.target) this.start();
    else if (this.kept.open) this.open(false);
  }

  // -- open and closed ----------------------------------------------------------------------------------------------

  open(focus = true): void {
    this.start();
    this.panel.hidden = false;
    this.launcher?.setAttribute("aria-expanded", "true");
    this.launcher?.setAttribute("aria-label", this.say.close);
    this.launcher?.replaceChildren(icon(...ICONS.close));
    this.keep({ open: true });
    this.log.scrollTop = this.log.scrollHeight;
    if (focus) this.input.focus();
  }

  close(): void {
    if (!this.launcher) return;
    this.panel.hidden = true;
    this.launcher.setAttribute("aria-expanded", "false");
    this.launcher.setAttribute("aria-label", this.say.open);
    this.launcher.replaceChildren(icon(...ICONS.chat));
    this.keep({ open: false });
    this.launcher.focus();
  }

  private toggle(): void {
    if (this.panel.hidden) this.open();
    else this.close();
  }

  private wire(form: HTMLFormElement): void {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (this.running) this.stop();
      else this.ask(this.input.value);
    });
    this.input.addEventListener("keydown", (event) => {
      // While an input method composes, Enter takes its proposal (229: Safari tells it only so).
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing && event.keyCode !== 229) {
        event.preventDefault();
        if (!this.running) this.ask(this.input.value);
      }
    });
    this.input.addEventListener("input", () => {
      this.input.rows = Math.min(5, Math.max(1, Math.ceil(this.input.scrollHeight / 24) - 1, this.input.value.split("\n").length));
      if (this.input.value.length < 30) this.input.rows = this.input.value.split("\n").length;
    });
    this.panel.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !this.sheet.open) this.close();
    });
  }

  /** Draws what was kept; nothing is asked of the service before this. */
  private start(): void {
    if (this.started) return;
    this.started = true;
    this.welcome();
    this.kept.entries.forEach((entry, n) => this.draw(entry, n === this.kept.entries.length - 1));
    this.log.scrollTop = this.log.scrollHeight;
  }

  private welcome(): void {
    this.log.append(h("div", { class: "message theirs" }, h("div", { class: "bubble" }, h("p", { dir: "auto" }, this.say.greeting))));
    if (this.kept.entries.length || this.config.suggestions === false) return;
    const box = h("div", { class: "suggested" });
    this.log.append(box);
    const show = (questions: string[]) => {
      if (!questions.length || this.kept.entries.length) return;
      box.append(h("p", {}, this.say.suggested), ...questions.slice(0, 4).map((question) =>
        h("button", { type: "button", class: "pill", dir: "auto", onclick: () => this.ask(question) }, question)));
    };
    if (this.config.suggestions) show(this.config.suggestions);
    else this.client.suggestions(this.language).then(show, () => undefined);
  }

  private reset(): void {
    this.stop();
    this.sheet.close();
    this.kept.entries = [];
    this.keep({ conversation: null });
    this.log.replaceChildren();
    this.welcome();
    this.input.focus();
  }

  // -- a question -----------------------------------------------------------------------------------------------------

  /** Asks; what is under way is left to end first. */
  ask(question: string): void {
    const text = question.trim().slice(0, LONGEST);
    if (!text || this.running) return;
    this.start();
    this.log.querySelectorAll(".suggested, .choices, .again").forEach((one) => one.remove());
    const entry: Entry = { question: text, id: requestId() };
    this.kept.entries.push(entry);
    this.keep({});
    this.input.value = "";
    this.input.rows = 1;
    this.log.append(asked(entry.question, this.say));
    void this.answer(entry);
  }

  stop(): void {
    this.running?.abort();
  }

  private async answer(entry: Entry): Promise<void> {
    const running = (this.running = new AbortController());
    this.busy(true);
    const state = h("p", { class: "state" }, h("span", { class: "dots", "aria-hidden": "true" }, h("i"), h("i"), h("i")), h("span", {}, this.say.thinking));
    const bubble = h("div", { class: "bubble" }, state);
    const row = h("div", { class: "message theirs" }, h("span", { class: "hidden" }, `${this.say.assistant}: `), bubble);
    this.log.append(row);
    this.down(true);
    this.tell(this.say.thinking);
    const still = window.setTimeout(() => this.status(state, this.say.still), STILL_MS);
    try {
      const answer = await this.persist(entry, bubble, state, running.signal);
      entry.answer = answer;
      this.keep({ conversation: answer.conversation_id ?? this.kept.conversation });
      row.replaceWith(this.reply(entry, true));
      this.emit("answer", { question: entry.question, answer });
    } catch (error) {
      this.fail(entry, row, bubble, state, error, running.signal.aborted);
    } finally {
      clearTimeout(still);
      this.running = null;
      this.busy(false);
      this.toQuestion(entry);
    }
  }

  /** Asks, and again where that may help: the request keeps its id, and what was half shown is shown anew. */
  private async persist(entry: Entry, bubble: HTMLElement, state: HTMLElement, signal: AbortSignal): Promise<Answer> {
    for (let tried = 0; ; tried += 1) {
      const said: string[] = [];
      const citations: Citation[] = [];
      const hear = (name: string, data: any) => {
        if (name === "answer.start" && data.conversation_id) this.keep({ conversation: data.conversation_id });
        if (name === "answer.status") this.status(state, this.say.still);
        if (name !== "answer.sentence") return;
        said.push(data.text);
        citations.push(...(data.citations as Citation[]).filter((one) => !citations.some((other) => other.n === one.n)));
        bubble.replaceChildren(body(said.join("\n"), citations, this.say, this.doings(entry)), state);
        this.status(state, this.say.still);
        this.tell(plain(data.text));
        this.down(false);
      };
      try {
        const conversation_id = this.kept.conversation ?? "new";
        const answer = await this.client.ask({ question: entry.question, conversation_id }, entry.id, hear, signal);
        if (!said.length) this.tell(plain(answer.answer));
        return answer;
      } catch (error) {
        if (!(error instanceof Problem) || !error.passing || signal.aborted || tried + 1 >= RETRIES) throw error;
        bubble.replaceChildren(state);
        this.status(state, error.status === 0 ? this.say.offline : error.status === 429 ? this.say.tooMany : this.say.busy);
        await pause(Math.min(30, error.retryAfter || 2 ** tried), signal, error.status === 0);
        this.status(state, this.say.still);
      }
    }
  }

  private fail(entry: Entry, row: HTMLElement, bubble: HTMLElement, state: HTMLElement, error: unknown, stopped: boolean): void {
    state.remove();
    if (stopped) {
      entry.stopped = true;
      this.keep({});
      bubble.append(h("p", { class: "note" }, this.say.stopped));
      this.tell(this.say.stopped);
      return;
    }
    bubble.append(this.again(entry, row, this.reason(error)));
    this.tell(this.reason(error));
  }

  private reason(error: unknown): string {
    if (!(error instanceof Problem)) return this.say.failed;
    if (error.status === 0) return this.say.lost;
    if (error.status === 429) return this.say.tooMany;
    if (error.status === 401 || error.status === 403) return this.say.notAllowed;
    if (error.status === 413 || error.status === 422) return this.say.tooLong;
    return this.say.failed;
  }

  private again(entry: Entry, row: HTMLElement, reason: string): HTMLElement {
    const retry = () => {
      if (this.running) return;
      row.remove();
      void this.answer(entry);
    };
    return h("p", { class: "again" }, h("span", {}, reason), h("button", { type: "button", class: "pill", onclick: retry }, this.say.retry));
  }

  // -- drawing --------------------------------------------------------------------------------------------------------

  private draw(entry: Entry, last: boolean): void {
    this.log.append(asked(entry.question, this.say));
    if (entry.answer) this.log.append(this.reply(entry, last));
    else if (last || entry.stopped) {
      const bubble = h("div", { class: "bubble" });
      const row = h("div", { class: "message theirs" }, bubble);
      bubble.append(entry.stopped ? h("p", { class: "note" }, this.say.stopped) : this.again(entry, row, this.say.lost));
      this.log.append(row);
    }
  }

  private reply(entry: Entry, last: boolean): HTMLElement {
    const answer = entry.answer as Answer;
    const doings = this.doings(entry);
    const asks = answer.status === "clarify" && answer.clarification;
    const shown = (asks ? asks.question : answer.answer) || this.say.reading; // silent: a person has taken over
    const bubble = h("div", { class: "bubble" }, body(shown, answer.citations, this.say, doings), ...below(answer, entry.rated, this.say, doings, last));
    return h("div", { class: "message theirs", "data-status": answer.status }, h("span", { class: "hidden" }, `${this.say.assistant}: `), bubble);
  }

  private doings(entry: Entry): Doings {
    return {
      cite: (citation, from) => void showPassage(this.sheet, this.client, entry.answer?.answer_id ?? null, citation, from, this.say),
      ask: (question) => this.ask(question),
      person: () => this.person(),
      rate: async (rating, reason, comment) => {
        if (!entry.answer) return;
        await this.client.rate(entry.answer.answer_id, rating, reason, comment);
        entry.rated = rating;
        this.keep({});
        this.emit("feedback", { answer_id: entry.answer.answer_id, rating, reason });
      },
    };
  }

  private person(): void {
    const last = this.kept.entries[this.kept.entries.length - 1];
    const from = this.root.activeElement as HTMLElement | null;
    showPerson(this.sheet, from, this.say, last?.question ?? "", async (told) => {
      const detail = {
        ...told,
        answer_id: last?.answer?.answer_id ?? null,
        conversation_id: this.kept.conversation,
        page: location.href,
        language: this.language,
      };
      const unheard = this.emit("handoff", detail); // a page that hands over by itself calls preventDefault
      if (unheard) await this.client.handOff(detail);
      this.log.append(h("p", { class: "handed", role: "status" }, this.say.handed));
      this.down(true);
    });
  }

  // -- small things -----------------------------------------------------------------------------------------------------

  private busy(busy: boolean): void {
    this.sender.setAttribute("aria-label", busy ? this.say.stop : this.say.send);
    this.sender.replaceChildren(icon(...(busy ? ICONS.stop : ICONS.send)));
    this.element.toggleAttribute("data-busy", busy);
  }

  private status(state: HTMLElement, text: string): void {
    const span = state.lastElementChild;
    if (!span || span.textContent === text) return;
    span.textContent = text;
    this.tell(text);
  }

  private tell(text: string): void {
    this.spoken.append(h("p", { dir: "auto" }, text));
    while (this.spoken.childNodes.length > 12) this.spoken.firstChild?.remove();
  }

  private down(always: boolean): void {
    const left = this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight;
    if (always || left < 260) this.log.scrollTop = this.log.scrollHeight;
  }

  /** An answer is read from its beginning: its question stays in sight. */
  private toQuestion(entry: Entry): void {
    const all = this.log.querySelectorAll<HTMLElement>(".yours");
    const last = all[all.length - 1];
    if (last && entry === this.kept.entries[this.kept.entries.length - 1]) this.log.scrollTop = last.offsetTop - this.log.offsetTop - 12;
  }

  private keep(changed: Partial<Kept>): void {
    Object.assign(this.kept, changed);
    this.store.save(this.kept);
  }

  /** False when a listener took it over. */
  private emit(name: string, detail: unknown): boolean {
    return this.element.dispatchEvent(new CustomEvent(`xiansou:${name}`, { detail, bubbles: true, composed: true, cancelable: true }));
  }
}

function asked(question: string, say: Texts): HTMLElement {
  return h("div", { class: "message yours" }, h("span", { class: "hidden" }, `${say.you}: `), h("div", { class: "bubble", dir: "auto" }, question));
}

function plain(text: string): string {
  return text.replace(/\[\d+\]/g, "").replace(/[*`|]/g, " ").trim();
}

function requestId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Waits so many seconds; without a network until there is one. */
function pause(seconds: number, signal: AbortSignal, network: boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = () => {
      clearTimeout(timer);
      removeEventListener("online", done);
      signal.removeEventListener("abort", stop);
      resolve();
    };
    const stop = () => {
      done();
      reject(signal.reason);
    };
    const timer = setTimeout(done, network && !navigator.onLine ? 600_000 : seconds * 1000);
    addEventListener("online", done);
    signal.addEventListener("abort", stop);
  });
}
