// A service with no place left for a second: each SDK waits as it is told, and is answered.
import { createOpenAI } from "@ai-sdk/openai";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { ChatOpenAI } from "@langchain/openai";
import { generateText } from "ai";
import { generateText as generateText6 } from "ai6";
import { createOpenAI as createOpenAI6 } from "ai6-openai";
import OpenAI from "openai";

const { BASE_URL, QUESTION } = process.env;
const baseURL = `${BASE_URL}/v1`, apiKey = "none";
const messages = [{ role: "user", content: QUESTION }];
const statuses = {};
const fetches = (name) => async (...asked) => {
  const reply = await fetch(...asked);
  (statuses[name] ??= []).push(reply.status);
  return reply;
};
const clients = {
  openai: (fetch) => new OpenAI({ baseURL, apiKey, fetch }).chat.completions.create({ model: "xiansou", messages }).then((told) => told.choices[0].message.content),
  langchain: (fetch) => new ChatOpenAI({ model: "xiansou", apiKey, configuration: { baseURL, fetch } }).invoke(QUESTION).then((told) => told.text),
  ai: (fetch) => generateText({ model: createOpenAI({ baseURL, apiKey, fetch })("xiansou"), prompt: QUESTION }).then((told) => told.text),
  compatible: (fetch) => generateText({ model: createOpenAICompatible({ baseURL, name: "x", fetch })("xiansou"), prompt: QUESTION }).then((told) => told.text),
  ai6: (fetch) => generateText6({ model: createOpenAI6({ baseURL, apiKey, fetch })("xiansou"), prompt: QUESTION }).then((told) => told.text),
};
const hold = () => fetch(`${BASE_URL}/v1/chat/completions`, {
  method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ model: "xiansou", messages }),
}).then((reply) => reply.json());
const held = Object.keys(clients).map(hold);
await new Promise((done) => setTimeout(done, 400));
const texts = await Promise.all(Object.entries(clients).map(async ([name, ask]) => [name, await ask(fetches(name))]));
await Promise.all(held);
console.log(JSON.stringify({ texts: Object.fromEntries(texts), statuses }));
