// The try-it page: the chat on the left, what led to its answer on the right, files below.
const SAY = {
  en: {
    answered: "Answered", refused: "Not answered", clarify: "Asks back", chat: "Small talk", searched: "Searched as", times: "Where the time went",
    passages: "Passages found", cited: "cited", checked: "Each sentence, checked", sure: "answers it", ms: "ms", none: "No passage was looked at.",
    rewrite: "Read the question", retrieve: "Search", rerank: "of it: compare closely", generate: "Word the answer", check: "Check it", total: "All",
    reading: "Reading…", ready: "ready", took: "s", ask: "Ask about it", failed: "could not be read", copied: "Copied", wrongKey: "This key is not accepted.",
    about: "What does {} say?", remove: "Remove", removed: "removed", quoted: "quoted", supported: "supported", repaired: "repaired", replaced: "replaced", unverified: "unverified", no_claim: "no claim", dropped: "dropped",
  },
  zh: {
    answered: "已回答", refused: "未作答", clarify: "反问", chat: "寒暄", searched: "检索用的问题", times: "耗时",
    passages: "命中的段落", cited: "已引用", checked: "逐句核对", sure: "可作答", ms: "毫秒", none: "未检索段落。",
    rewrite: "理解问题", retrieve: "检索", rerank: "其中：精排", generate: "组织答案", check: "核对", total: "合计",
    reading: "正在读取…", ready: "已就绪", took: "秒", ask: "就此提问", failed: "无法读取", copied: "已复制", wrongKey: "密钥无效。",
    about: "{} 里讲了什么？", remove: "移除", removed: "已移除", quoted: "原文", supported: "有依据", repaired: "已修正", replaced: "已替换", unverified: "未证实", no_claim: "无事实", dropped: "已删除",
  },
};
const say = SAY[document.body.dataset.lang] ?? SAY.en;
const find = (id) => document.getElementById(id);
const STORED = "xiansou-key";
let key = sessionStorage.getItem(STORED);

/** An element; text children are text. */
function el(tag, props = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (typeof value === "function") made.addEventListener(name, value);
    else if (value !== null && value !== undefined) made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
  return made;
}

async function call(method, path, body) {
  const headers = key ? { Authorization: `Bearer ${key}` } : {};
  const form = body instanceof FormData;
  if (body && !form) headers["Content-Type"] = "application/json";
  const reply = await fetch(path, { method, headers, body: body && !form ? JSON.stringify(body) : body, credentials: "omit", cache: "no-store" });
  const told = await reply.json().catch(() => ({}));
  if (!reply.ok) throw Object.assign(new Error(told.detail ?? reply.statusText), { status: reply.status });
  return told;
}

// -- the key ------------------------------------------------------------------------------------------------------------

function begin() {
  find("key").hidden = true;
  find("place").hidden = false;
  window.Xiansou.mount({ api: "", target: find("chat"), token: key ? () => key : null, language: document.body.dataset.lang });
}

function askForKey(fault = "") {
  find("place").hidden = true;
  const form = find("key");
  form.hidden = false;
  form.querySelector(".fault").textContent = fault;
  form.querySelector("input").focus();
}

find("key").addEventListener("submit", async (event) => {
  event.preventDefault();
  key = find("key-text").value.trim();
  try {
    await call("GET", "/v1/suggestions");
    sessionStorage.setItem(STORED, key);
    begin();
  } catch {
    key = null;
    askForKey(say.wrongKey);
  }
});

// -- behind the answer -----------------------------------------------------------------------------------------------------

document.addEventListener("xiansou:answer", async ({ detail: { question, answer } }) => {
  const box = find("behind");
  const tone = { answered: "good", refused: "warn", clarify: "warn", chat: "" }[answer.status] ?? "";
  const facts = el("p", { class: "facts" }, el("span", { class: `badge ${tone}` }, say[answer.status] ?? answer.status),
    answer.reason ? el("code", {}, answer.reason) : "", el("span", { class: "dim" }, `${answer.generator} · v${answer.index_version}`));
  box.replaceChildren(facts, times(answer.timings_ms ?? {}));
  if (answer.status === "chat") return;
  const checked = (answer.grounding ?? []).filter((one) => one.text);
  if (checked.length) box.append(el("div", {}, el("h3", {}, say.checked), el("ul", { class: "checked" }, ...checked.map(sentence))));
  let query = question;
  try {
    query = (await call("GET", `/v1/answers/${encodeURIComponent(answer.answer_id)}`)).query || question;
    if (query !== question) facts.append(el("span", { class: "dim" }, `${say.searched}: “${query}”`));
  } catch { /* answers are not kept, or not for this key: the question as it was asked */ }
  try {
    const found = await call("POST", "/v1/retrieve", { question: query, top_k: 6 });
    const cited = new Map(answer.citations.map((one) => [one.passage_id, one.n]));
    box.append(el("div", {}, el("h3", {}, say.passages), found.hits.length ? el("ol", { class: "hits" }, ...found.hits.map((hit) => shown(hit, cited))) : el("p", { class: "dim" }, say.none)));
  } catch { /* the answer stands by itself */ }
});

function times(told) {
  const stages = ["rewrite", "retrieve", "rerank", "generate", "check"].filter((name) => told[name] !== undefined);
  const all = Math.max(told.total ?? 0, 0.001);
  const grid = el("div", { class: "times" });
  let begun = 0;
  for (const name of stages) {
    const within = name === "rerank"; // a part of the search
    const bar = el("i");
    const from = within ? Math.max(0, begun - told[name]) : begun;
    bar.style.insetInlineStart = `${(100 * from) / all}%`;
    bar.style.width = `${(100 * told[name]) / all}%`;
    if (within) bar.style.opacity = ".55";
    else begun += told[name];
    grid.append(el("span", {}, say[name]), el("span", { class: "track", "aria-hidden": "true" }, bar), el("span", { class: "number" }, `${told[name].toFixed(1)} ${say.ms}`));
  }
  grid.append(el("b", {}, say.total), el("span"), el("b", { class: "number" }, `${(told.total ?? 0).toFixed(1)} ${say.ms}`));
  return el("div", {}, el("h3", {}, say.times), grid);
}

/** Text of a table or of Markdown as one reads it. */
function tidy(text, most) {
  const plain = text.replace(/^\s*\|?[\s:|-]*-{3}[\s:|-]*$/gm, "").replace(/^\s*\|\s*|\s*\|\s*$/gm, "").replace(/\s*\|\s*/g, " · ").replace(/\*\*|^#{1,6} /gm, "").replace(/\n{2,}/g, "\n").trim();
  return plain.length > most ? `${plain.slice(0, most)}…` : plain;
}

function sentence(one) {
  const tone = ["quoted", "supported"].includes(one.verdict) ? "good" : one.verdict === "no_claim" ? "" : "warn";
  return el("li", {}, el("span", { class: `badge ${tone}` }, say[one.verdict] ?? one.verdict), el("span", { dir: "auto" }, tidy(one.text, 260)));
}

function shown(hit, cited) {
  const n = cited.get(hit.passage_id);
  const scores = Object.entries(hit.stages).map(([name, score]) => el("span", {}, `${name} ${Number(score).toFixed(3)}`));
  return el("li", { class: n ? "hit cited" : "hit" },
    el("header", {}, el("b", { dir: "auto" }, hit.title), n ? el("span", { class: "badge good" }, `[${n}] ${say.cited}`) : "", el("span", { class: "badge" }, `${Math.round(hit.probability * 100)} % ${say.sure}`)),
    el("p", { class: "path", dir: "auto" }, [hit.document_id, ...hit.section].join(" › ")),
    el("p", { class: "excerpt", dir: "auto", tabindex: "0", role: "group" }, tidy(hit.text, 700)),
    el("p", { class: "scores" }, el("span", {}, `score ${hit.score.toFixed(3)}`), ...scores));
}

// -- files -----------------------------------------------------------------------------------------------------------------

async function upload(file) {
  const row = el("li", {}, el("b", { dir: "auto" }, file.name), el("span", { class: "dim" }, say.reading));
  find("uploads").prepend(row);
  const state = row.lastChild;
  const began = performance.now();
  const form = new FormData();
  form.append("file", file, file.name);
  const id = `try/${file.name}`;
  const path = `/v1/documents/${id.split("/").map(encodeURIComponent).join("/")}`;
  try {
    if (/\.zip$/i.test(file.name)) await batch(form, state);
    else {
      const told = await call("PUT", path, form);
      if (told.state !== "live") await until(`/v1/jobs/${told.job_id}`, (job) => job.state, state);
    }
    state.className = "badge good";
    state.textContent = `${say.ready} · ${((performance.now() - began) / 1000).toFixed(1)} ${say.took}`;
    row.append(el("button", { class: "button small", type: "button", click: () => window.Xiansou.ask(say.about.replace("{}", file.name.replace(/\.[^.]+$/, "").replace(/[-_]+/g, " "))) }, say.ask));
    if (!/\.zip$/i.test(file.name)) row.append(el("button", { class: "button small danger", type: "button", click: async (event) => {
      await call("DELETE", path);
      event.target.disabled = true;
      event.target.textContent = say.removed;
    } }, say.remove));
  } catch (error) {
    state.className = "fault";
    state.textContent = `${say.failed}: ${error.message}`;
  }
}

async function batch(form, state) {
  const told = await call("POST", "/v1/documents", form);
  for (;;) {
    const { batch: all } = await call("GET", `/v1/jobs?batch=${encodeURIComponent(told.batch)}&limit=1`);
    state.textContent = `${say.reading} ${Math.round(all.progress * 100)} %`;
    if (all.progress >= 1) return;
    await new Promise((done) => setTimeout(done, 700));
  }
}

async function until(path, of, state) {
  for (;;) {
    const job = await call("GET", path);
    if (of(job) === "live") return;
    if (["failed", "dead"].includes(of(job))) throw new Error(job.error?.detail ?? of(job));
    state.textContent = `${say.reading} ${Math.round((job.progress ?? 0) * 100)} %`;
    await new Promise((done) => setTimeout(done, 700));
  }
}

const uploads = async (files) => { for (const file of files) await upload(file); };
find("files").addEventListener("change", (event) => { void uploads([...event.target.files]); event.target.value = ""; });
for (const name of ["dragover", "dragleave", "drop"]) {
  document.addEventListener(name, (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    find("drop").classList.toggle("over", name === "dragover");
    if (name === "drop") void uploads([...event.dataTransfer.files]);
  });
}

find("copy").addEventListener("click", () => {
  void navigator.clipboard?.writeText(find("snippet").textContent).then(() => { find("copy").textContent = say.copied; });
});

if (document.body.dataset.open === "yes" || key) begin();
else askForKey();
