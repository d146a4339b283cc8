// LangChain in JavaScript, which LibreChat, n8n and Flowise ask with, by Chat Completions and by Responses (n8n's default).
import { AIMessage, HumanMessage, SystemMessage } from "@langchain/core/messages";
import { ChatOpenAI } from "@langchain/openai";

const { BASE_URL, QUESTION, SECOND } = process.env;
const make = (more) => new ChatOpenAI({ model: "xiansou", apiKey: "none", maxRetries: 0, configuration: { baseURL: `${BASE_URL}/v1` }, ...more });
const fault = (asked) => asked.then(() => null, (error) => ({ status: error.status, message: error.message.split("\n")[0] }));
const seen = {};

for (const [name, model] of Object.entries({ chat: make(), responses: make({ useResponsesApi: true }) })) {
  const first = await model.invoke(QUESTION);
  const second = await model.invoke([new SystemMessage("Be brief."), new HumanMessage(QUESTION), first, new HumanMessage(SECOND)]);
  let streamed = "";
  for await (const chunk of await model.stream(QUESTION)) streamed += chunk.text;
  const unanswered = await model.invoke([new HumanMessage(QUESTION), new HumanMessage(SECOND)]); // the first was stopped
  seen[name] = { first: first.text, second: second.text, streamed, unanswered: unanswered.text };
}
seen.annotations = (await make({ useResponsesApi: true }).invoke(QUESTION)).content[0].annotations.map((one) => one.url);
seen.tools = (await make().bindTools([{ type: "function", function: { name: "f", parameters: { type: "object", properties: {} } } }]).invoke(QUESTION)).text;
const stop = new AbortController();
const stopped = make().stream(QUESTION, { signal: stop.signal }).then(async (chunks) => { for await (const _ of chunks) stop.abort(); });
seen.stopped = await stopped.then(() => "ended", (error) => error.name);
seen.refused = (await make({ modelKwargs: { rag: { filters: { lang: "none" } } } }).invoke("When is the showroom open?")).text;
seen.wrong = {
  address: await fault(make({ configuration: { baseURL: BASE_URL } }).invoke(QUESTION)),
  format: await fault(make().withStructuredOutput({ type: "object", title: "t", properties: { a: { type: "string" } } }).invoke(QUESTION)),
};
console.log(JSON.stringify(seen));
