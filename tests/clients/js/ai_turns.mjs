// Conversations as people have them: a second turn, a stop, a picture, a text that is too long, a page that is loaded again.
import { createOpenAI } from "@ai-sdk/openai";
import { AbstractChat, DefaultChatTransport, generateText, streamText } from "ai";

const { BASE_URL, QUESTION, SECOND } = process.env;
const seen = { errors: {} };

// The SDK's default provider.
const model = createOpenAI({ baseURL: `${BASE_URL}/v1`, apiKey: "none" })("xiansou");
const first = await generateText({ model, prompt: QUESTION, maxRetries: 0 });
seen.sources = first.sources.map((source) => source.url);
const turns = [{ role: "user", content: QUESTION }, ...first.response.messages, { role: "user", content: SECOND }];
seen.second = (await generateText({ model, messages: turns, maxRetries: 0 })).text;
seen.kinds = [];
for await (const part of streamText({ model, prompt: QUESTION, maxRetries: 0 }).toUIMessageStream({ sendSources: true })) {
  seen.kinds.push(part.type);
}

class State {
  status = "ready"; error = undefined; messages = [];
  pushMessage = (message) => { this.messages = [...this.messages, message]; };
  popMessage = () => { this.messages = this.messages.slice(0, -1); };
  replaceMessage = (at, message) => { this.messages = this.messages.with(at, message); };
  snapshot = (value) => structuredClone(value);
}
class Chat extends AbstractChat {}
const make = (id) => new Chat({
  id, state: new State(), generateId: () => crypto.randomUUID(), transport: new DefaultChatTransport({ api: `${BASE_URL}/v1/ui/chat` }),
});
const last = (chat) => ({
  status: chat.status,
  text: chat.messages.at(-1).parts.filter((part) => part.type === "text").map((part) => part.text).join(""),
});

const stopped = make("stopped");
const running = stopped.sendMessage({ text: QUESTION });
await stopped.stop();
await running;
await stopped.sendMessage({ text: SECOND });
seen.stopped = last(stopped);

const pictured = make("pictured");
const png = { type: "file", mediaType: "image/png", filename: "a.png", url: "data:image/png;base64,iVBORw0KGgo=" };
await pictured.sendMessage({ text: QUESTION, files: [png] });
seen.errors.picture = pictured.error.message;
await pictured.sendMessage({ text: SECOND });
seen.pictured = last(pictured);

const long = make("long");
await long.sendMessage({ text: "x ".repeat(4500).padEnd(9000, "x").slice(0, 8999) + "x" });
seen.errors.long = long.error.message;
await long.sendMessage({ text: SECOND });
seen.long = last(long);

const resumed = make("resumed");
await resumed.resumeStream();
seen.resumed = { status: resumed.status, error: resumed.error?.message ?? null };

console.log(JSON.stringify(seen));
