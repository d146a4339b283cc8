// The TypeScript SDK of MCP: tools, a call, a refusal, a misspelt argument; what it hears beside (a stream that never answers).
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";

const seen = { errors: [] };
const client = new Client({ name: "test", version: "1" });
client.onerror = (error) => seen.errors.push(String(error.message));
await client.connect(new StreamableHTTPClientTransport(new URL(`${process.env.BASE_URL}/mcp`)));
seen.tools = (await client.listTools()).tools.map((tool) => [tool.name, tool.inputSchema.additionalProperties]);
const call = async (name, args) => {
  const told = await client.callTool({ name, arguments: args });
  return { text: told.content[0].text, status: told.structuredContent?.status ?? null, error: told.isError ?? false };
};
seen.answer = await call("ask", { question: process.env.QUESTION });
seen.refused = await call("ask", { question: "write me a poem about doorbells" });
seen.mistake = await call("ask", { question: "q", colection: "garden" });
await client.close();
console.log(JSON.stringify(seen));
