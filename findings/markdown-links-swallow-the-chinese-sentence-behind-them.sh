#!/usr/bin/env bash
# Guess: automatic links end before Chinese punctuation, as they end before a full stop or a closing bracket; one "~" is
# only a character.
# What happens: in markdown-it (linkify), marked and remark-gfm alike 。，） and the words behind them are part of the
# address, up to the next space: https://a.example.com/x。请看 is ONE link, percent-encoded, that leads to a 404. (GFM
# strips ASCII punctuation alone.) And two "~" of a line strike out what stands between them in marked and remark-gfm:
# "100~200元，运费5~8元" loses "200元，运费5" to <del>; the full-width ～ does not. markdown-it asks for two.
# Why it matters: these three render nearly every chat window. A correct Chinese answer arrives with dead links and with
# half of its prices crossed out. A space behind an address, and ～ for ~, cure both without a change of words.
# markdown-it 14.3.3, marked 18.2.1, remark-gfm 4.0.1, found 2026-11-30 (needs node 20 and npm)
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund markdown-it@14.3.3 marked@18.2.1 unified@11.0.5 remark-parse@11.0.0 remark-gfm@4.0.1 \
  remark-rehype@11.1.2 rehype-stringify@10.0.1
cat >show.mjs <<'JS'
import assert from 'node:assert';
import MarkdownIt from 'markdown-it';
import { marked } from 'marked';
import { unified } from 'unified';
import parse from 'remark-parse';
import gfm from 'remark-gfm';
import rehype from 'remark-rehype';
import stringify from 'rehype-stringify';

const it = new MarkdownIt({ linkify: true });
const remark = unified().use(parse).use(gfm).use(rehype).use(stringify);
const show = async (text) => {
  const all = { 'markdown-it': it.render(text), marked: marked.parse(text), 'remark-gfm': String(await remark.process(text)) };
  for (const [name, html] of Object.entries(all)) console.log(name.padEnd(12), html.trim());
  return all;
};
const address = (html) => decodeURI(/href="([^"]*)"/.exec(html)[1]);
for (const [text, link] of [
  ['详见https://a.example.com/x。请看', 'https://a.example.com/x。请看'],
  ['（见 https://a.example.com/x），谢谢', 'https://a.example.com/x），谢谢'],
  ['详见https://a.example.com/x 。请看', 'https://a.example.com/x'],
  ['See https://a.example.com/x. Then', 'https://a.example.com/x'],
])
  for (const html of Object.values(await show(text))) assert.equal(address(html), link);
const struck = await show('价格100~200元，运费5~8元');
assert.deepEqual(Object.values(struck).map((html) => html.includes('<del>200元，运费5</del>')), [false, true, true]);
const wide = await show('价格100～200元，运费5～8元');
assert.deepEqual(Object.values(wide).map((html) => html.includes('<del>')), [false, false, false]);
JS
node --version
node show.mjs
