// Reads a stream until its first content, then goes away.
import OpenAI from "openai";

const client = new OpenAI({ baseURL: `${process.env.BASE_URL}/v1`, apiKey: "none", maxRetries: 0 });
const messages = [{ role: "user", content: process.env.QUESTION }];
const stream = await client.chat.completions.create({ model: "xiansou", messages, stream: true });
for await (const chunk of stream) {
  if (chunk.choices[0]?.delta.content) break;
}
stream.controller.abort();
console.log(JSON.stringify({ aborted: true }));
