#!/usr/bin/env bash
# Guess: the deltas of a streamed response, joined, are its text.
# What happens: every event is handed on with the delta of the last one that had any: after the words come the events
# output_text.done, content_part.done, output_item.done and completed, and each brings the last words once more. Two
# words, "Hold on", arrive as "Hold on on on on on". A text that comes in one delta is there as often as events follow it.
# Why it matters: the text in the window is wrong, whichever server answers; a test with one short delta and no `done`
# events does not show it. Chat Completions (`OpenAI` of the same package) is not affected.
# @llamaindex/openai 0.4.23, found 2026-11-30 (needs node 20 and npm)
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts @llamaindex/openai@0.4.23 @llamaindex/core@0.6.23
cat >show.mjs <<'JS'
import assert from 'node:assert';
import http from 'node:http';
import { OpenAIResponses } from '@llamaindex/openai';

// The events of OpenAI's API reference for a text of two deltas.
const about = { item_id: 'msg_1', output_index: 0, content_index: 0 };
const part = { type: 'output_text', text: 'Hold on', annotations: [] };
const item = { type: 'message', id: 'msg_1', role: 'assistant', status: 'completed', content: [part] };
const response = { id: 'resp_1', object: 'response', created_at: 1, status: 'completed', model: 'm', output: [item],
  usage: { input_tokens: 1, output_tokens: 2, total_tokens: 3 } };
const events = [
  { type: 'response.created', response: { ...response, status: 'in_progress', output: [] } },
  { type: 'response.output_item.added', output_index: 0, item: { ...item, status: 'in_progress', content: [] } },
  { type: 'response.content_part.added', ...about, part: { ...part, text: '' } },
  { type: 'response.output_text.delta', ...about, delta: 'Hold' },
  { type: 'response.output_text.delta', ...about, delta: ' on' },
  { type: 'response.output_text.done', ...about, text: 'Hold on' },
  { type: 'response.content_part.done', ...about, part },
  { type: 'response.output_item.done', output_index: 0, item },
  { type: 'response.completed', response },
];
const server = http.createServer((request, reply) => {
  reply.writeHead(200, { 'content-type': 'text/event-stream' });
  reply.end(events.map((one) => `event: ${one.type}\ndata: ${JSON.stringify(one)}\n\n`).join(''));
});
await new Promise((up) => server.listen(0, '127.0.0.1', up));
const model = new OpenAIResponses({ model: 'm', apiKey: 'x', baseURL: `http://127.0.0.1:${server.address().port}/v1` });
const deltas = [];
for await (const chunk of await model.chat({ messages: [{ role: 'user', content: 'q' }], stream: true })) deltas.push(chunk.delta);
server.close();
console.log(JSON.stringify(deltas), '=', deltas.join(''));
assert.equal(deltas.join(''), 'Hold on on on on on');
JS
node --version
node show.mjs
