// LlamaIndex in TypeScript: nothing in its requests tells it from OpenAI's SDK, so its answers have `[1]` and `raw`.
import { OpenAI, OpenAIResponses } from "@llamaindex/openai";

const { BASE_URL, QUESTION, SECOND } = process.env;
const user = (content) => ({ role: "user", content });
const options = { model: "xiansou", apiKey: "none", baseURL: `${BASE_URL}/v1`, maxRetries: 0 };
const chat = new OpenAI(options);
const first = await chat.chat({ messages: [user(QUESTION)] });
const second = await chat.chat({ messages: [{ role: "system", content: "Be brief." }, user(QUESTION), first.message, user(SECOND)] });
let streamed = "", raw;
for await (const chunk of await chat.chat({ messages: [user(QUESTION)], stream: true })) {
  streamed += chunk.delta;
  raw = chunk.raw;
}
const linked = new OpenAI({ ...options, additionalSessionOptions: { defaultHeaders: { "X-Citation-Style": "markdown" } } });
const response = (await new OpenAIResponses(options).chat({ messages: [user(QUESTION)] })).message;
console.log(JSON.stringify({
  first: first.message.content, url: first.raw.choices[0].message.annotations[0].url_citation.url, second: second.message.content,
  streamed, status: raw.rag.status, linked: (await linked.chat({ messages: [user(QUESTION)] })).message.content,
  response: { text: response.content, url: response.options.annotations[0].url },
  unanswered: (await chat.chat({ messages: [user(QUESTION), user(SECOND)] })).message.content,
}));
