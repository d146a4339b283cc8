// What the console's pages do beside htmx: no text of the library is ever put into a page as HTML by it.
const toast = document.getElementById("toast");
let timer = 0;

function tell(text) {
  toast.textContent = text;
  toast.hidden = false;
  clearTimeout(timer);
  timer = setTimeout(() => { toast.hidden = true; }, 8000);
}

document.addEventListener("htmx:responseError", (event) => {
  const { xhr } = event.detail;
  if (xhr.status === 401) return location.reload(); // the session has ended: the page itself asks for a key
  let said = `${xhr.status} ${xhr.statusText}`;
  try {
    const problem = JSON.parse(xhr.responseText);
    said = [problem.detail, problem.fix].filter(Boolean).join(" ");
  } catch { /* no problem object */ }
  tell(said);
});
document.addEventListener("htmx:sendError", () => tell("The service cannot be reached. / 无法连接服务。"));

function dress(root) {
  for (const place of root.querySelectorAll("[data-answer]")) {
    place.replaceChildren(window.Xiansou.render(place.textContent));
    place.removeAttribute("data-answer");
  }
}
document.addEventListener("htmx:afterSwap", (event) => dress(event.target));
dress(document);

document.addEventListener("change", ({ target }) => {
  if (target.dataset.shows) {
    const part = document.getElementById(target.dataset.shows);
    part.hidden = !target.checked;
    part.disabled = !target.checked;
  }
  if ("submits" in target.dataset) target.form.requestSubmit();
});

const drop = document.querySelector(".drop");
if (drop) {
  const field = drop.querySelector("input[type=file]");
  for (const name of ["dragover", "dragleave", "drop"]) {
    document.addEventListener(name, (event) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      drop.classList.toggle("over", name === "dragover");
      if (name === "drop") {
        field.files = event.dataTransfer.files;
        field.dispatchEvent(new Event("change", { bubbles: true }));
      }
    });
  }
}

// The same file chosen again is a change only when the field was emptied.
document.addEventListener("htmx:afterRequest", ({ target }) => {
  if (target.matches?.("form[hx-encoding]")) target.reset();
});
