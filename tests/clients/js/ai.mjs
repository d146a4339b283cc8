// The Vercel AI SDK against the service at BASE_URL: its UI message stream as `useChat` reads it, and its OpenAI provider.
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { AbstractChat, DefaultChatTransport, generateText, readUIMessageStream, streamText } from "ai";

const api = `${process.env.BASE_URL}/v1/ui/chat`;
const seen = {};

// Raw chunks: the transport checks each one against the SDK's own schema.
const transport = new DefaultChatTransport({ api });
const user = (id, text) => ({ id, role: "user", parts: [{ type: "text", text }] });
const parts = await transport.sendMessages({
  chatId: "c1", trigger: "submit-message", messageId: undefined, abortSignal: undefined,
  messages: [user("m1", process.env.QUESTION)],
});
const [first, second] = parts.tee();
seen.parts = [];
for await (const part of first) seen.parts.push(part);
for await (const message of readUIMessageStream({ stream: second })) seen.message = message;

// A whole chat, as `useChat` keeps one: the second turn sends the first one back.
class State {
  status = "ready"; error = undefined; messages = [];
  pushMessage = (message) => { this.messages = [...this.messages, message]; };
  popMessage = () => { this.messages = this.messages.slice(0, -1); };
  replaceMessage = (at, message) => { this.messages = this.messages.with(at, message); };
  snapshot = (value) => structuredClone(value);
}
class Chat extends AbstractChat {}
const text = (message) => message.parts.filter((part) => part.type === "text").map((part) => part.text).join("");
const chat = new Chat({ id: "c2", transport, state: new State(), generateId: () => crypto.randomUUID() });
await chat.sendMessage({ text: process.env.QUESTION });
await chat.sendMessage({ text: process.env.SECOND });
seen.chat = { status: chat.status, error: chat.error?.message ?? null, texts: chat.messages.map(text) };

const refused = new Chat({
  id: "c3", state: new State(), generateId: () => crypto.randomUUID(),
  transport: new DefaultChatTransport({ api, body: { rag: { topk: 1 } } }),
});
await refused.sendMessage({ text: "q" });
seen.refused = { status: refused.status, message: refused.error.message };

// Chat Completions through the SDK's provider.
const provider = createOpenAICompatible({ name: "xiansou", baseURL: `${process.env.BASE_URL}/v1`, includeUsage: true });
const model = provider("xiansou");
seen.generated = (await generateText({ model, prompt: process.env.QUESTION, maxRetries: 0 })).text;
const streamed = streamText({ model, prompt: process.env.QUESTION, maxRetries: 0 });
seen.streamed = await streamed.text;
seen.finish = await streamed.finishReason;

console.log(JSON.stringify(seen));
