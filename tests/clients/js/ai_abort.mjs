// Reads a UI message stream until its first text, then goes away.
import { DefaultChatTransport } from "ai";

const controller = new AbortController();
const transport = new DefaultChatTransport({ api: `${process.env.BASE_URL}/v1/ui/chat` });
const stream = await transport.sendMessages({
  chatId: "c", trigger: "submit-message", messageId: undefined, abortSignal: controller.signal,
  messages: [{ id: "m", role: "user", parts: [{ type: "text", text: process.env.QUESTION }] }],
});
for await (const part of stream) {
  if (part.type === "text-delta") break;
}
controller.abort();
console.log(JSON.stringify({ aborted: true }));
