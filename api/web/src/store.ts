/** The conversation, kept in the browser across pages and reloads, for as long as the service remembers it. */

import type { Answer, Citation } from "./client";

export interface Entry {
  question: string;
  id: string; // of the request: the same when it is sent again
  answer?: Answer;
  rated?: "up" | "down";
  stopped?: boolean;
}

export interface Kept { conversation: string | null; entries: Entry[]; open: boolean; at: number }

const LIFETIME_MS = 86_400_000;
const MOST = 30;

export class Store {
  private memory: string | null = null;

  constructor(private readonly key: string) {}

  load(): Kept {
    const none: Kept = { conversation: null, entries: [], open: false, at: 0 };
    try {
      const found = JSON.parse(this.read() ?? "null") as Kept | null;
      return found && Array.isArray(found.entries) && Date.now() - found.at < LIFETIME_MS ? { ...none, ...found } : none;
    } catch {
      return none;
    }
  }

  save(kept: Kept): void {
    const entries = kept.entries.slice(-MOST).map((entry) => (entry.answer ? { ...entry, answer: lean(entry.answer) } : entry));
    const text = JSON.stringify({ ...kept, entries, at: Date.now() });
    this.memory = text;
    try {
      localStorage.setItem(this.key, text);
    } catch {
      // no room or not allowed: it is kept for this page
    }
  }

  private read(): string | null {
    try {
      return localStorage.getItem(this.key) ?? this.memory;
    } catch {
      return this.memory;
    }
  }
}

/** What is needed to show an answer again. */
function lean(answer: Answer): Answer {
  const citations = answer.citations.map(({ n, document_id, version, title, url, section, cited_text, start, end, spans }): Citation =>
    ({ n, document_id, version, title, url, section, cited_text: cited_text.slice(0, 2000), start, end, spans }));
  const { answer_id, conversation_id, status, reason, complete, intent, clarification, unknown, handoff } = answer;
  return {
    answer_id, conversation_id, status, reason, answer: answer.answer, citations,
    ...(complete === undefined ? {} : { complete }), ...(intent ? { intent } : {}),
    ...(clarification ? { clarification } : {}), ...(unknown ? { unknown } : {}),
    ...(handoff ? { handoff: { suggested: handoff.suggested, reason: handoff.reason } } : {}),
  };
}
