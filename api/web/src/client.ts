/** The service's API as the widget needs it: tokens, a streamed answer, passages, feedback, suggestions, hand-off. */

export interface Citation {
  n: number; document_id: string; version: number; title: string; url: string | null; section: string[];
  cited_text: string; start: number; end: number; spans: [number, number][];
}

export interface Answer {
  answer_id: string; conversation_id: string | null; status: "answered" | "refused" | "clarify" | "chat";
  reason: string | null; answer: string; citations: Citation[]; complete?: boolean; intent?: string | null;
  clarification?: { question: string; options: string[] } | null;
  unknown?: { name: string; nearest: string[] }[];
  handoff?: { suggested: boolean; reason: string | null };
  timings_ms?: Record<string, number>; generator?: string; index_version?: number;
}

export type Token = string | { token: string; expires_at?: string };

export interface Options {
  api: string;
  token?: (() => Promise<Token> | Token) | null;
  tokenUrl?: string | null;
  handoffUrl?: string | null;
  assistant?: string | null;
  collection?: string | null;
}

/** What a request said that did not do what it should. `status` 0: nothing came back. */
export class Problem extends Error {
  constructor(readonly status: number, readonly code: string, detail: string, readonly retryAfter = 0) {
    super(detail);
  }

  /** Whether the same request may succeed a little later. */
  get passing(): boolean {
    return this.status === 0 || this.status === 429 || this.status === 502 || this.status === 503;
  }
}

const SILENCE_MS = 20_000; // the service says something every 5 s at least; after this the line is dead
const EARLY_MS = 30_000; // a token is renewed so long before its end

export class Client {
  private token: string | null = null;
  private until = 0;
  private asked: Promise<string> | null = null;

  constructor(readonly options: Options) {}

  /** One question; `on` hears each event. Resolves with the whole answer. Rejects with Problem, or AbortError. */
  async ask(
    body: Record<string, unknown>, requestId: string, on: (name: string, data: any) => void, signal: AbortSignal,
  ): Promise<Answer> {
    const line = new AbortController();
    const cut = () => line.abort(signal.reason);
    signal.addEventListener("abort", cut, { once: true });
    let timer = 0;
    const alive = () => {
      clearTimeout(timer);
      timer = window.setTimeout(() => line.abort("silent"), SILENCE_MS);
    };
    try {
      alive();
      const { assistant, collection } = this.options;
      const asked = { ...body, stream: true, ...(assistant ? { profile: assistant } : {}), ...(collection ? { collection } : {}) };
      const reply = await this.send("POST", "/v1/query", asked, { "X-Request-Id": requestId }, line.signal);
      let whole: Answer | null = null;
      for await (const [name, data] of events(reply, alive)) {
        if (name === "error") throw new Problem(data.status ?? 500, data.code ?? "internal", data.detail ?? "");
        if (name === "answer.end") whole = data as Answer;
        else on(name, data);
      }
      if (whole) return whole;
      throw new Problem(0, "cut", "the stream ended early");
    } catch (error) {
      line.abort(); // what is left of the stream is not read
      if (error instanceof Problem || signal.aborted) throw error;
      throw new Problem(0, "network", String(error));
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", cut);
    }
  }

  /** What a citation quotes, in its section; `spans` in code points of `text`. */
  async cited(answerId: string, n: number): Promise<{ text: string; spans: [number, number][] }> {
    return (await this.send("GET", `/v1/answers/${encodeURIComponent(answerId)}/citations/${n}`)).json();
  }

  async suggestions(language: string): Promise<string[]> {
    const { collection } = this.options;
    const where = collection ? `&collection=${encodeURIComponent(collection)}` : "";
    const reply = await this.send("GET", `/v1/suggestions?language=${language}${where}`);
    return ((await reply.json()) as { questions: string[] }).questions;
  }

  async rate(answerId: string, rating: "up" | "down", reason?: string, comment?: string): Promise<void> {
    const told = { answer_id: answerId, rating, ...(reason ? { reason } : {}), ...(comment ? { comment } : {}) };
    await this.send("POST", "/v1/feedback", told);
  }

  /** Hands a conversation to a person; to the site's own address where it has named one. */
  async handOff(told: Record<string, unknown>): Promise<void> {
    const { handoffUrl } = this.options;
    if (!handoffUrl) {
      await this.send("POST", "/v1/handoff", told);
      return;
    }
    const reply = await fetch(handoffUrl, {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(told), credentials: "same-origin",
    });
    if (!reply.ok) throw new Problem(reply.status, "handoff", reply.statusText);
  }

  private async send(
    method: string, path: string, body?: unknown, headers: Record<string, string> = {}, signal?: AbortSignal, again = true,
  ): Promise<Response> {
    const token = await this.bearer();
    let reply: Response;
    try {
      reply = await fetch(this.options.api + path, {
        method,
        headers: {
          ...headers,
          ...(body === undefined ? {} : { "Content-Type": "application/json" }),
          ...(token ? { Authorization: `Bearer ${token}` } : {}),
        },
        body: body === undefined ? null : JSON.stringify(body),
        signal: signal ?? null,
        credentials: "omit",
        cache: "no-store",
      });
    } catch (error) {
      if (signal?.aborted) throw error;
      throw new Problem(0, "network", String(error));
    }
    if (reply.ok) return reply;
    if (reply.status === 401 && token && again) {
      this.token = null; // it may have ended while the page was asleep
      return this.send(method, path, body, headers, signal, false);
    }
    const told = (await reply.json().catch(() => ({}))) as { code?: string; detail?: string };
    const wait = Number(reply.headers.get("Retry-After")) || 0;
    throw new Problem(reply.status, told.code ?? "http_error", told.detail ?? reply.statusText, wait);
  }

  private bearer(): Promise<string | null> {
    const { token, tokenUrl } = this.options;
    if (!token && !tokenUrl) return Promise.resolve(null);
    if (this.token && Date.now() < this.until - EARLY_MS) return Promise.resolve(this.token);
    this.asked ??= this.renewed().finally(() => {
      this.asked = null;
    });
    return this.asked;
  }

  /** A new token; those who need one meanwhile wait for the same. */
  private async renewed(): Promise<string> {
    const { token, tokenUrl } = this.options;
    const made = token ? await token() : await fetched(tokenUrl as string);
    this.token = typeof made === "string" ? made : made.token;
    const until = typeof made === "string" ? NaN : Date.parse(made.expires_at ?? "");
    this.until = Number.isNaN(until) ? Date.now() + 300_000 : until;
    return this.token;
  }
}

/** A token of the site's own server; its session cookie tells it who the visitor is. */
async function fetched(url: string): Promise<Token> {
  let reply: Response;
  try {
    reply = await fetch(url, { method: "POST", credentials: "same-origin", cache: "no-store" });
  } catch (error) {
    throw new Problem(0, "network", String(error));
  }
  if (!reply.ok) throw new Problem(reply.status === 503 ? 503 : 401, "token", `the token address says ${reply.status}`);
  return (await reply.json()) as Token;
}

/** Server-sent events of a reply as [name, parsed data]. */
async function* events(reply: Response, alive: () => void): AsyncGenerator<[string, any]> {
  const reader = (reply.body as ReadableStream<Uint8Array>).getReader();
  const decoder = new TextDecoder();
  let held = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    alive();
    held += decoder.decode(value, { stream: true });
    held = held.replace(/\r\n/g, "\n");
    let end: number;
    while ((end = held.indexOf("\n\n")) >= 0) {
      const block = held.slice(0, end);
      held = held.slice(end + 2);
      let name = "message";
      const data: string[] = [];
      for (const line of block.split("\n")) {
        if (line.startsWith("event:")) name = line.slice(6).trim();
        else if (line.startsWith("data:")) data.push(line.slice(5).replace(/^ /, ""));
      }
      if (data.length) yield [name, JSON.parse(data.join("\n"))];
    }
  }
}
