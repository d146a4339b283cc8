/**
 * The widget's style, in a constructed sheet: a strict `style-src` of the page does not reach it. Set `--xiansou-accent`,
 * `--xiansou-on-accent`, `--xiansou-background`, `--xiansou-text`, `--xiansou-font`, `--xiansou-radius`, `--xiansou-z` on the page.
 */

const LIGHT = `
  --bg: var(--xiansou-background, #fff); --fg: var(--xiansou-text, #1a2230); --soft: #f3f5f9; --line: #d9dfe8; --dim: #566174;
  --accent: var(--xiansou-accent, #2451c4); --on: var(--xiansou-on-accent, #fff); --mark: #fff0b3; --mark-fg: #1a2230;
  --bad: #b3261e; --shadow: 0 12px 40px rgb(16 24 40 / .18), 0 2px 8px rgb(16 24 40 / .10); color-scheme: light;`;
const DARK = `
  --bg: var(--xiansou-background-dark, #151a23); --fg: var(--xiansou-text-dark, #e8ecf3); --soft: #202734; --line: #36404f; --dim: #a6b0c0;
  --accent: var(--xiansou-accent-dark, #8fb0ff); --on: var(--xiansou-on-accent-dark, #0c1424); --mark: #5c4a10; --mark-fg: #fff3cf;
  --bad: #ffb4ab; --shadow: 0 12px 40px rgb(0 0 0 / .5); color-scheme: dark;`;

export const CSS = `
:host { ${LIGHT} all: initial; display: block; font: 15px/1.55 var(--xiansou-font, system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "PingFang SC", "Hiragino Sans GB", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif); color: var(--fg); --radius: var(--xiansou-radius, 16px); text-align: start; }
:host([data-theme="light"]) { ${LIGHT} }
:host([data-theme="dark"]) { ${DARK} }
@media (prefers-color-scheme: dark) { :host([data-theme="auto"]) { ${DARK} } }
*, ::before, ::after { box-sizing: border-box; }
[hidden] { display: none !important; }
h2, p, ul, ol, pre, fieldset { margin: 0; padding: 0; }
button, input, textarea { font: inherit; color: inherit; }
button { cursor: pointer; border: 0; background: none; padding: 0; text-align: start; }
a { color: var(--accent); overflow-wrap: anywhere; }
:focus { outline: none; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }

.launcher { position: fixed; inset-block-end: max(20px, env(safe-area-inset-bottom)); inset-inline-end: 20px; z-index: var(--xiansou-z, 2147483000);
  inline-size: 60px; block-size: 60px; border-radius: 50%; display: grid; place-items: center; background: var(--accent); color: var(--on);
  box-shadow: var(--shadow); transition: transform .15s ease; }
.launcher svg { inline-size: 28px; block-size: 28px; }
.launcher:hover { transform: scale(1.06); }
.launcher:focus-visible { outline-offset: 3px; }
.panel { position: fixed; inset-block-end: 92px; inset-inline-end: 20px; z-index: var(--xiansou-z, 2147483000); inline-size: min(408px, calc(100vw - 40px));
  block-size: min(660px, calc(100dvh - 112px)); display: flex; flex-direction: column; overflow: hidden; background: var(--bg);
  border: 1px solid var(--line); border-radius: var(--radius); box-shadow: var(--shadow); }
:host([data-side="start"]) .panel, :host([data-side="start"]) .launcher { inset-inline: 20px auto; }
:host([data-mode="inline"]) { block-size: 100%; }
:host([data-mode="inline"]) .panel { position: relative; inset: auto; inline-size: 100%; block-size: 100%; box-shadow: none; z-index: 0; }

header { display: flex; align-items: center; gap: 4px; padding: 12px 10px 12px 18px; border-block-end: 1px solid var(--line); flex: none; }
[dir="rtl"] header { padding: 12px 18px 12px 10px; }
.names { flex: 1; min-inline-size: 0; }
h2 { font-size: 16px; font-weight: 650; line-height: 1.3; overflow-wrap: anywhere; }
.names p { color: var(--dim); font-size: 13px; line-height: 1.35; }
.icon { inline-size: 36px; block-size: 36px; border-radius: 10px; display: inline-grid; place-items: center; color: var(--dim); flex: none; }
.icon:hover, .icon[aria-pressed="true"] { background: var(--soft); color: var(--accent); }
.icon.small { inline-size: 30px; block-size: 30px; border-radius: 8px; }
.icon.small svg { inline-size: 16px; block-size: 16px; }

.log { flex: 1; overflow-y: auto; overscroll-behavior: contain; padding: 18px 16px 12px; display: flex; flex-direction: column; gap: 14px; scrollbar-width: thin; }
.log:focus-visible { outline-offset: -3px; }
.message { display: flex; max-inline-size: 100%; flex: none; }
.yours { justify-content: flex-end; padding-inline-start: 40px; }
.bubble { min-inline-size: 0; max-inline-size: 100%; overflow-wrap: anywhere; }
.yours .bubble { background: var(--accent); color: var(--on); padding: 9px 14px; border-radius: 16px; border-end-end-radius: 5px; white-space: pre-wrap; }
.theirs .bubble { background: var(--soft); padding: 11px 14px; border-radius: 16px; border-end-start-radius: 5px; display: grid; gap: 10px; }
.text { display: grid; gap: 8px; min-inline-size: 0; }
.text ol, .text ul { padding-inline-start: 1.5em; display: grid; gap: 4px; }
.text pre { background: var(--bg); border: 1px solid var(--line); border-radius: 8px; padding: 8px 10px; overflow-x: auto; font-size: 13px; }
code { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; font-size: .92em; background: var(--bg); border-radius: 4px; padding: 1px 4px; }
pre code { background: none; padding: 0; }
.table { overflow-x: auto; border: 1px solid var(--line); border-radius: 10px; background: var(--bg); scrollbar-width: thin; }
table { border-collapse: collapse; font-size: 13.5px; line-height: 1.4; inline-size: 100%; }
th, td { text-align: start; padding: 7px 10px; vertical-align: top; border-block-start: 1px solid var(--line); min-inline-size: 5.5em; overflow-wrap: normal; }
tbody th { font-weight: 550; }
thead th { border-block-start: 0; color: var(--dim); font-weight: 600; background: var(--soft); }
.chip { display: inline-grid; place-items: center; min-inline-size: 20px; block-size: 20px; padding-inline: 5px; margin-inline: 3px 1px; border-radius: 7px; font-size: 12px;
  font-weight: 650; line-height: 1; vertical-align: 1px; background: var(--bg); color: var(--accent); border: 1px solid var(--line); position: relative; }
.chip::after { content: ""; position: absolute; inset: -4px -2px; }
.chip:hover { background: var(--accent); color: var(--on); border-color: var(--accent); }
.sources { list-style: none; display: grid; gap: 2px; border-block-start: 1px solid var(--line); padding-block-start: 8px; }
.source { display: flex; gap: 8px; align-items: baseline; inline-size: 100%; padding: 5px 6px; margin-inline: -6px; border-radius: 8px; font-size: 13.5px; line-height: 1.4; }
.source:hover { background: var(--bg); }
.source .num { color: var(--accent); font-weight: 650; min-inline-size: 1.1em; }
.where { min-inline-size: 0; }
.title { font-weight: 550; }
.path { color: var(--dim); font-size: 13px; }
.where .path::before { content: " · "; }
.actions { display: flex; flex-wrap: wrap; align-items: center; gap: 4px; margin-block: -2px -4px; }
.thumbs { display: flex; flex-wrap: wrap; align-items: center; gap: 2px; }
.said { color: var(--dim); font-size: 13px; padding-inline: 6px; }
.said:empty { display: none; }
.pill { display: inline-flex; align-items: center; gap: 6px; padding: 7px 13px; border-radius: 999px; border: 1px solid var(--line); background: var(--bg); color: var(--accent); font-size: 14px; line-height: 1.35; }
.pill svg { inline-size: 16px; block-size: 16px; }
.pill:hover { border-color: var(--accent); }
.pill.strong { background: var(--accent); color: var(--on); border-color: var(--accent); }
.pill:disabled { opacity: .6; cursor: default; }
.suggested, .choices { display: flex; flex-wrap: wrap; gap: 8px; }
.suggested p { inline-size: 100%; color: var(--dim); font-size: 13px; }
.pill[dir] { border-radius: 14px; }
.state { display: flex; align-items: center; gap: 10px; color: var(--dim); font-size: 14px; }
.dots { display: inline-flex; gap: 4px; }
.dots i { inline-size: 6px; block-size: 6px; border-radius: 50%; background: var(--accent); animation: beat 1.2s infinite ease-in-out; }
.dots i:nth-child(2) { animation-delay: .15s; } .dots i:nth-child(3) { animation-delay: .3s; }
@keyframes beat { 0%, 60%, 100% { opacity: .25; } 30% { opacity: 1; } }
.note, .handed { color: var(--dim); font-size: 13.5px; }
.handed { text-align: center; }
.again { display: flex; flex-wrap: wrap; gap: 10px; align-items: center; color: var(--bad); font-size: 14px; }
.why { display: grid; gap: 10px; inline-size: 100%; padding-block: 4px; }
fieldset { border: 0; display: flex; flex-wrap: wrap; gap: 6px; }
legend { font-size: 13px; color: var(--dim); padding-block-end: 6px; }
.why label { position: relative; }
.why input { position: absolute; opacity: 0; inset: 0; inline-size: 100%; block-size: 100%; margin: 0; cursor: pointer; }
.why label span { display: block; padding: 5px 11px; border-radius: 999px; border: 1px solid var(--line); background: var(--bg); font-size: 13px; }
.why input:checked + span { background: var(--accent); color: var(--on); border-color: var(--accent); }
.why input:focus-visible + span { outline: 2px solid var(--accent); outline-offset: 2px; }
.row { display: flex; flex-wrap: wrap; gap: 8px; }

.composer { display: flex; align-items: flex-end; gap: 8px; padding: 10px 12px calc(12px + env(safe-area-inset-bottom, 0px)); border-block-start: 1px solid var(--line); flex: none; }
textarea, input[type="text"] { inline-size: 100%; padding: 9px 12px; border: 1px solid #7d889a; border-radius: 12px; background: var(--bg); resize: none; line-height: 1.5; }
textarea::placeholder { color: var(--dim); opacity: 1; }
textarea:focus-visible, input[type="text"]:focus-visible { outline-offset: -1px; border-color: var(--accent); }
input[aria-invalid] { border-color: var(--bad); }
.send { inline-size: 42px; block-size: 42px; border-radius: 12px; display: grid; place-items: center; background: var(--accent); color: var(--on); flex: none; }
[dir="rtl"] .send svg { transform: scaleX(-1); }

.sheet { position: absolute; inset: 0; background: var(--bg); display: flex; flex-direction: column; animation: rise .16s ease; z-index: 1; }
.sheet h2 { flex: 1; }
.content { flex: 1; overflow-y: auto; padding: 16px 18px 20px; display: flex; flex-direction: column; gap: 12px; }
.content:focus-visible { outline-offset: -3px; }
.passage { white-space: pre-wrap; overflow-wrap: anywhere; font-size: 14.5px; color: var(--dim); border-inline-start: 3px solid var(--line); padding-inline-start: 14px; }
mark { background: var(--mark); color: var(--mark-fg); border-radius: 3px; padding: 1px 0; }
.link { display: flex; align-items: center; gap: 6px; } .link svg { inline-size: 15px; block-size: 15px; color: var(--accent); }
.person { display: grid; gap: 12px; } .person label { display: grid; gap: 5px; font-size: 14px; } .person p { color: var(--dim); }
.person .fault { color: var(--bad); font-size: 14px; } .fault:empty { display: none; }
@keyframes rise { from { transform: translateY(12px); opacity: 0; } }

@media (max-width: 480px) {
  :host([data-mode="float"]) .panel { inset: 0; inline-size: 100vw; block-size: 100dvh; border-radius: 0; border: 0; }
  :host([data-mode="float"]) .panel:not([hidden]) + .launcher { display: none; }
  textarea, input[type="text"] { font-size: 16px; }
  .icon { inline-size: 44px; block-size: 44px; } .icon.small { inline-size: 36px; block-size: 36px; }
}
@media (prefers-reduced-motion: reduce) { *, ::before, ::after { animation: none !important; transition: none !important; } }
@media (forced-colors: active) { .chip, .pill, .send, .launcher, .bubble { border: 1px solid; } mark { forced-color-adjust: none; background: Mark; color: MarkText; } }
`.replace(/\n\s*/g, "\n");
