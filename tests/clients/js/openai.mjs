// OpenAI's JavaScript SDK against the service at BASE_URL; prints one JSON object of what it saw.
import OpenAI from "openai";

const client = new OpenAI({ baseURL: `${process.env.BASE_URL}/v1`, apiKey: "none", maxRetries: 0 });
const messages = [{ role: "user", content: process.env.QUESTION }];
const ask = (more) => client.chat.completions.create({ model: "xiansou", messages, ...more });

const seen = { models: (await client.models.list()).data.map((model) => model.id) };
seen.completion = await ask({});

seen.chunks = [];
for await (const chunk of await ask({ stream: true, stream_options: { include_usage: true } })) seen.chunks.push(chunk);

const runner = client.chat.completions.stream({ model: "xiansou", messages });
const final = (await runner.finalChatCompletion()).choices[0].message;
seen.accumulated = final.content;
seen.status = final.rag?.status;

seen.error = await ask({ n: 2 }).then(
  () => null,
  (error) => ({ kind: error.constructor.name, status: error.status, param: error.param, code: error.code, type: error.type }),
);

const response = await client.responses.create({ model: "xiansou", input: process.env.QUESTION });
seen.response = { text: response.output_text, kinds: response.output.map((item) => item.type) };
seen.annotations = response.output[0].content[0].annotations;

// A model that had tools spoke before: its calls are part of the transcript.
const agents = await client.responses.create({
  model: "xiansou", tools: [{ type: "file_search", vector_store_ids: ["default"] }],
  input: [
    { role: "user", content: "q" }, { type: "function_call", call_id: "1", name: "f", arguments: "{}" },
    { type: "function_call_output", call_id: "1", output: "o" }, { type: "reasoning", id: "rs_1", summary: [] },
    { role: "user", content: process.env.QUESTION },
  ],
});
seen.agents = { text: agents.output_text, kinds: agents.output.map((item) => item.type) };

const stream = client.responses.stream({ model: "xiansou", input: process.env.QUESTION });
seen.events = [];
for await (const event of stream) seen.events.push(event.type);
seen.streamed = (await stream.finalResponse()).output_text;

console.log(JSON.stringify(seen));
