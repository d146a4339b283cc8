// The Vercel AI SDK 6, which npm gives on Node 20: its providers, and `useChat` with a stop, an error and a second turn.
import { createOpenAI } from "ai6-openai";
import { createOpenAICompatible } from "ai6-openai-compatible";
import { AbstractChat, DefaultChatTransport, generateText, streamText } from "ai6";

const { BASE_URL, QUESTION, SECOND } = process.env;
const openai = createOpenAI({ baseURL: `${BASE_URL}/v1`, apiKey: "none" });
const model = openai("xiansou");
const first = await generateText({ model, prompt: QUESTION, maxRetries: 0 });
const messages = [{ role: "user", content: QUESTION }, ...first.response.messages, { role: "user", content: SECOND }];
const seen = {
  first: first.text, sources: first.sources.map((source) => source.url),
  second: (await generateText({ model, messages, maxRetries: 0 })).text,
  chat: (await generateText({ model: openai.chat("xiansou"), prompt: QUESTION, maxRetries: 0 })).sources.map((source) => source.url),
  compatible: (await generateText({ model: createOpenAICompatible({ baseURL: `${BASE_URL}/v1`, name: "x" })("xiansou"), prompt: QUESTION, maxRetries: 0 })).text,
  kinds: [],
};
for await (const part of streamText({ model, prompt: QUESTION, maxRetries: 0 }).toUIMessageStream({ sendSources: true })) seen.kinds.push(part.type);

class State {
  status = "ready"; error = undefined; messages = [];
  pushMessage = (message) => { this.messages = [...this.messages, message]; };
  popMessage = () => { this.messages = this.messages.slice(0, -1); };
  replaceMessage = (at, message) => { this.messages = this.messages.with(at, message); };
  snapshot = (value) => structuredClone(value);
}
class Chat extends AbstractChat {}
const chat = new Chat({ id: "c", state: new State(), generateId: () => crypto.randomUUID(), transport: new DefaultChatTransport({ api: `${BASE_URL}/v1/ui/chat` }) });
const last = () => chat.messages.at(-1).parts;
const running = chat.sendMessage({ text: QUESTION });
await chat.stop();
await running;
await chat.sendMessage({ text: "x".repeat(9000) });
seen.error = chat.error.message;
await chat.sendMessage({ text: SECOND });
seen.after = { status: chat.status, text: last().filter((part) => part.type === "text").map((part) => part.text).join("") };
seen.linked = last().filter((part) => part.type === "source-url").length;
await chat.sendMessage({ text: QUESTION });
seen.then = last().filter((part) => part.type === "text").map((part) => part.text).join("");
console.log(JSON.stringify(seen));
