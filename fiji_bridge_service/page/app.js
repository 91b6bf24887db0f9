// The page of the service. It knows no operation: forms follow from the schemas of /v1/operations.
"use strict";

const $ = (id) => document.getElementById(id);
const state = { csrf: sessionStorage.getItem("csrf"), image: null, operations: [], job: null };
const PART = 16 * 1024 * 1024;
const ENDED = ["done", "failed", "cancelled", "interrupted"];
const urls = new Map();

// Requests: the cookie is half of the proof, this header the other half.
async function ask(method, path, body, headers = {}) {
  const sent = { ...headers };
  if (state.csrf) sent["X-CSRF-Token"] = state.csrf;
  const plain = body && !(body instanceof Blob);
  if (plain) sent["Content-Type"] = "application/json";
  const answer = await fetch(path, {
    method, headers: sent, body: plain ? JSON.stringify(body) : body, credentials: "same-origin",
  });
  if (answer.ok) return answer;
  const said = await answer.json().catch(() => ({ detail: answer.statusText }));
  if (answer.status === 401) show("enter");
  throw new Error(said.detail);
}
const json = async (...request) => (await ask(...request)).json();

function tell(text) { $("said").textContent = text; $("wrong").textContent = ""; }
function wrong(error) { $("wrong").textContent = error.message; }
function guarded(work) {
  return async (event) => {
    if (event?.preventDefault) event.preventDefault();
    try { await work(event); } catch (error) { wrong(error); }
  };
}
function later(work, wait) {
  let timer = 0;
  return () => { clearTimeout(timer); timer = setTimeout(guarded(work), wait); };
}
function make(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key in made && key !== "list") made[key] = value; else made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}
function picture(image, blob) {
  if (urls.has(image)) URL.revokeObjectURL(urls.get(image));
  urls.set(image, URL.createObjectURL(blob));
  image.src = urls.get(image);
}
function table(said) {
  const head = make("tr", {}, ...said.columns.map((one) => make("th", { scope: "col" }, one)));
  const rows = said.rows.map((row) => make("tr", {}, ...row.map((one) => make("td", {}, one))));
  const notes = said.notes.map((note) => make("p", {
    className: note.startsWith("warning:") ? "note warning" : "note",
  }, note.replace(/^warning: /, "")));
  return [
    make("table", {}, make("caption", {}, said.title), make("thead", {}, head),
      make("tbody", {}, ...rows)), ...notes,
  ];
}

// Coming in.
function show(place) {
  const inside = place !== "enter";
  $("enter").hidden = inside;
  for (const id of ["choose", "history", "leave"]) $(id).hidden = !inside;
  if (!inside) for (const id of ["image", "work", "result"]) $(id).hidden = true;
}
async function begin() {
  state.operations = await json("GET", "v1/operations");
  $("operation").replaceChildren(...state.operations.map((one) =>
    make("option", { value: one.name }, one.title)));
  state.links = (await json("GET", "v1/allowed")).link_hours > 0;
  const roots = await json("GET", "v1/roots");
  $("there").hidden = !roots.length;
  $("root").replaceChildren(...roots.map((one) => make("option", { value: one }, one)));
  show("inside");
  build();
  if (roots.length) await list("");
  await history();
}
$("login").addEventListener("submit", guarded(async () => {
  const said = await json("POST", "v1/session", { token: $("token").value });
  state.csrf = said.csrf;
  // Of this tab and this origin alone, unlike the cookie.
  sessionStorage.setItem("csrf", said.csrf);
  $("token").value = "";
  await begin();
  tell(`You are ${said.owner}. Choose an image.`);
  $("file").focus();
}));
$("leave").addEventListener("click", guarded(async () => {
  await ask("DELETE", "v1/session");
  sessionStorage.removeItem("csrf");
  state.csrf = null;
  show("enter");
  tell("You are out.");
}));

// Images.
async function upload(file) {
  if (!crypto.subtle) throw new Error("the browser makes digests over https or on this machine only");
  tell(`Reading ${file.name}`);
  const digest = await crypto.subtle.digest("SHA-256", await file.arrayBuffer());
  const sha256 = [...new Uint8Array(digest)].map((one) => one.toString(16).padStart(2, "0")).join("");
  let image = await json("POST", "v1/images", { name: file.name, size: file.size, sha256 });
  $("sent").hidden = false;
  try {
    while (image.state === "receiving") {
      const at = image.received;
      image = await json("PATCH", `v1/images/${image.id}`, file.slice(at, at + PART), {
        "Upload-Offset": String(at), "Content-Type": "application/octet-stream",
      });
      $("sent").value = image.received / image.size;
    }
  } finally { $("sent").hidden = true; }
  if (image.state !== "ready") throw new Error(image.reason);
  await open(image);
}
$("file").addEventListener("change", guarded(async () => {
  if ($("file").files.length) await upload($("file").files[0]);
}));
for (const kind of ["dragover", "dragleave", "drop"]) {
  $("drop").addEventListener(kind, guarded(async (event) => {
    $("drop").classList.toggle("over", kind === "dragover");
    if (kind === "drop" && event.dataTransfer.files.length) await upload(event.dataTransfer.files[0]);
  }));
}
let folder = "";
async function list(path) {
  folder = path;
  const found = await json("GET", `v1/roots/${$("root").value}?path=${encodeURIComponent(path || ".")}`);
  const up = path ? [make("option", { value: ".." }, "..")] : [];
  $("entry").replaceChildren(...up, ...found.map((one) =>
    make("option", { value: one.folder ? `${one.name}/` : one.name }, one.folder ? `${one.name}/` : one.name)));
}
$("root").addEventListener("change", guarded(() => list("")));
$("take").addEventListener("click", guarded(async () => {
  const name = $("entry").value;
  if (name === "..") await list(folder.replace(/[^/]*\/$/, ""));
  else if (name.endsWith("/")) await list(folder + name);
  else if (name) await open(await json("POST", "v1/references", { root: $("root").value, path: folder + name }));
}));

const size = (axis) => {
  const at = state.image.axes.indexOf(axis);
  return at < 0 ? 1 : state.image.shape[at];
};
async function open(image) {
  state.image = image;
  $("image-h").textContent = image.name;
  $("shape").textContent =
    `${image.axes.map((axis, at) => `${axis} ${image.shape[at]}`).join(" × ")}, ${image.dtype}`;
  const voxels = Object.entries(image.voxels);
  const units = new Set(voxels.map(([, one]) => one.unit));
  const known = voxels.every(([, one]) => one.size !== null);
  $("voxels").value = !known ? "" : units.size === 1
    ? `${voxels.map(([, one]) => one.size).join(" ")} ${[...units][0]}`.trim()
    : voxels.map(([axis, one]) => `${axis}=${one.size} ${one.unit}`).join(", ");
  $("voxels").dataset.own = $("voxels").value;
  $("voxels-why").textContent = [...voxels.map(([, one]) => one.problem), ...image.warnings]
    .filter(Boolean).join(" · ");
  $("position").replaceChildren();
  for (const [axis, name] of [["z", "z"], ["y", "y"], ["x", "x"], ["c", "channel"], ["t", "frame"]]) {
    if (size(axis) < 2) continue;
    const start = "zyx".includes(axis) ? Math.floor(size(axis) / 2) : 0;
    const field = make("input", { type: "range", id: `at-${axis}`, min: 0, max: size(axis) - 1, value: start });
    const shown = make("output", { htmlFor: field.id }, String(start));
    field.addEventListener("input", () => { shown.textContent = field.value; look(); });
    $("position").append(make("div", {}, make("label", { htmlFor: field.id }, `${name} `, shown), field));
  }
  for (const name of ["low", "high"]) {
    const field = make("input", { type: "number", id: `at-${name}`, step: "any" });
    field.addEventListener("input", look);
    $("position").append(make("div", {}, make("label", { htmlFor: field.id }, name === "low" ? "Black at" : "White at"), field));
  }
  const method = make("select", { id: "at-method" }, ...["slice", "max", "mean"].map((one) => make("option", {}, one)));
  method.addEventListener("change", look);
  $("position").append(make("div", {}, make("label", { htmlFor: "at-method" }, "Show"), method));
  for (const id of ["image", "work"]) $(id).hidden = false;
  $("result").hidden = $("previews").hidden = true;
  $("region").value = "";
  tell(`${image.name} is open.`);
  build();
  await draw();
}
const at = (axis) => Number($(`at-${axis}`)?.value ?? 0);
function voxels() {
  const given = $("voxels").value.trim();
  return given && given !== $("voxels").dataset.own ? given : null;
}
async function draw() {
  const query = new URLSearchParams();
  const method = $("at-method").value;
  query.set("method", method);
  if (method === "slice") for (const axis of "zyx") query.set(axis, at(axis));
  query.set("channel", at("c"));
  query.set("frame", at("t"));
  for (const name of ["low", "high"]) if ($(`at-${name}`).value) query.set(name, at(name));
  if (voxels()) query.set("voxel_size", voxels());
  const answer = await ask("GET", `v1/images/${state.image.id}/views.png?${query}`);
  state.layout = JSON.parse(answer.headers.get("X-Layout"));
  picture($("views"), await answer.blob());
  crosshair(method === "slice");
}
const look = later(draw, 80);
const SVG = "http://www.w3.org/2000/svg";
function shape(name, attributes) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}
function crosshair(visible) {
  const { width, height, boxes } = state.layout;
  $("cross").setAttribute("viewBox", `0 0 ${width} ${height}`);
  $("cross").replaceChildren();
  const chosen = region();
  for (const [[across, down], [left, top, wide, high]] of Object.entries(boxes)) {
    if (visible) {
      const x = left + wide * (at(across) + 0.5) / size(across);
      const y = top + high * (at(down) + 0.5) / size(down);
      $("cross").append(shape("line", { x1: x, y1: top, x2: x, y2: top + high }),
        shape("line", { x1: left, y1: y, x2: left + wide, y2: y }));
    }
    if (!(across in chosen || down in chosen)) continue;
    const [[fromX, toX], [fromY, toY]] = [across, down].map((axis) => chosen[axis] ?? [0, size(axis)]);
    $("cross").append(shape("rect", {
      x: left + wide * fromX / size(across), y: top + high * fromY / size(down),
      width: wide * (toX - fromX) / size(across), height: high * (toY - fromY) / size(down),
    }));
  }
}

// The region of the preview: text in a field, which the mouse writes too.
function region() {
  const found = {};
  for (const [, axis, from, to] of $("region").value.matchAll(/([zyx])\s*=\s*(\d+)\s*:\s*(\d+)/g)) found[axis] = [Number(from), Number(to)];
  return found;
}
// Where in which view the pointer is: axes, and voxels with their fraction.
function pointed(event) {
  const frame = $("cross").getBoundingClientRect();
  const x = (event.clientX - frame.left) / frame.width * state.layout.width;
  const y = (event.clientY - frame.top) / frame.height * state.layout.height;
  return { x, y, view: Object.entries(state.layout.boxes).find(([, [left, top, wide, high]]) =>
    x >= left && x < left + wide && y >= top && y < top + high)?.[0] };
}
function inVoxels({ x, y }, view) {
  const [left, top, wide, high] = state.layout.boxes[view];
  const within = (part, axis) => Math.min(Math.max(part, 0), 1) * size(axis);
  return { [view[0]]: within((x - left) / wide, view[0]), [view[1]]: within((y - top) / high, view[1]) };
}
const MOVED = 5;
let drag = null;
$("cross").addEventListener("pointerdown", (event) => {
  const start = pointed(event);
  if (event.button !== 0 || !start.view) return;
  drag = { start, event, moved: false };
  $("cross").setPointerCapture(event.pointerId);
});
$("cross").addEventListener("pointermove", (event) => {
  if (!drag) return;
  drag.moved ||= Math.hypot(event.clientX - drag.event.clientX, event.clientY - drag.event.clientY) > MOVED;
  if (!drag.moved) return;
  const [one, other] = [drag.start, pointed(event)].map((place) => inVoxels(place, drag.start.view));
  const chosen = region();
  for (const axis of drag.start.view) {
    if (size(axis) < 2) continue;
    const from = Math.min(Math.floor(Math.min(one[axis], other[axis])), size(axis) - 1);
    chosen[axis] = [from, Math.max(from + 1, Math.ceil(Math.max(one[axis], other[axis])))];
  }
  $("region").value = [..."zyx"].filter((axis) => axis in chosen).map((axis) => `${axis}=${chosen[axis].join(":")}`).join(" ");
  crosshair($("at-method").value === "slice");
});
$("cross").addEventListener("pointercancel", () => { drag = null; });
$("cross").addEventListener("pointerup", () => {
  if (!drag) return;
  const { start, moved } = drag;
  drag = null;
  if (moved) { tell(`The preview will show ${$("region").value}.`); return; }
  for (const [axis, place] of Object.entries(inVoxels(start, start.view))) {
    const field = $(`at-${axis}`);
    if (!field) continue;
    field.value = Math.min(Math.floor(place), size(axis) - 1);
    field.dispatchEvent(new Event("input"));
  }
});
$("region").addEventListener("input", () => crosshair($("at-method").value === "slice"));
$("voxels").addEventListener("input", () => { look(); replan(); });

// The form of an operation, from its schema.
const chosen = () => state.operations.find((one) => one.name === $("operation").value);
function build() {
  const operation = chosen();
  const { properties, required } = operation.parameters;
  $("summary").textContent = operation.summary;
  $("check-line").hidden = operation.name !== "gaussian";
  $("preview").hidden = operation.result !== "image";
  $("parameters").replaceChildren();
  $("others").replaceChildren();
  for (const [name, said] of Object.entries(properties)) {
    const first = required.includes(name) || name in operation.example;
    $(first ? "parameters" : "others").append(field(name, said, operation.example[name]));
  }
  replan();
}
function field(name, said, example) {
  const id = `p-${name}`;
  const label = make("label", { htmlFor: id }, said.title);
  const help = make("small", { id: `${id}-help` }, said.description);
  const start = example ?? said.default ?? "";
  const kind = said["x-kind"];
  let input;
  if (kind === "choice") {
    input = make("select", {}, ...(said.enum ?? said.anyOf[0].enum).map((one) => make("option", {}, one)));
    input.value = start;
  } else if (kind === "flag") {
    input = make("input", { type: "checkbox", checked: start === true });
  } else if (kind === "number" || kind === "integer") {
    input = make("input", { type: "number", step: kind === "integer" ? 1 : "any", value: start });
  } else {
    input = make("input", { type: "text", value: String(start), spellcheck: false });
  }
  input.id = id;
  input.name = name;
  input.dataset.kind = kind;
  input.dataset.start = String(said.default ?? "");
  input.setAttribute("aria-describedby", help.id);
  input.addEventListener("input", replan);
  const made = make("div", { className: kind }, label, input);
  if (kind === "width" || kind === "lengths") made.append(slider(input, said.title));
  made.append(help);
  return made;
}
function slider(input, title) {
  const sizes = Object.values(state.image?.voxels ?? {}).map((one) => one.size).filter(Boolean);
  const least = sizes.length ? Math.min(...sizes) : 1;
  const most = sizes.length ? Math.max(...sizes) : 1;
  const made = make("input", { type: "range", min: 0, max: 6 * most, step: least / 10 });
  made.setAttribute("aria-label", `${title}, by slider`);
  const follow = () => { made.value = parseFloat(input.value) || 0; };
  made.addEventListener("input", () => {
    const unit = /[^\d\s.,eE+-].*$/.exec(input.value)?.[0] ?? "um";
    input.value = `${Number(Number(made.value).toPrecision(4))} ${unit}`;
    replan();
  });
  input.addEventListener("input", follow);
  follow();
  return made;
}
function asked() {
  const parameters = {};
  for (const input of $("form").querySelectorAll("[data-kind]")) {
    const { kind, start } = input.dataset;
    const value = kind === "flag" ? input.checked
      : kind === "number" || kind === "integer" ? (input.value === "" ? "" : Number(input.value)) : input.value.trim();
    if (value !== "" && String(value) !== start && !(kind === "flag" && !value)) parameters[input.name] = value;
  }
  const made = { image: state.image.id, operation: chosen().name, parameters };
  return voxels() ? { ...made, voxel_size: voxels() } : made;
}
$("operation").addEventListener("change", build);

let turn = 0;
const replan = later(async () => {
  if (!state.image) return;
  const mine = ++turn;
  try {
    const said = await json("POST", "v1/plans", asked());
    if (mine !== turn) return;
    $("plan").replaceChildren(...table(said.table));
    same(said.same_as);
    $("run").disabled = false;
    $("wrong").textContent = "";
  } catch (error) {
    if (mine !== turn) return;
    $("plan").replaceChildren(make("p", { className: "note warning" }, error.message));
    $("same").replaceChildren();
    $("run").disabled = true;
  }
}, 120);
function same(said) {
  $("same").replaceChildren();
  lines($("same"), said);
}
function lines(list, said) {
  for (const [name, line] of Object.entries(said)) {
    const copy = make("button", { type: "button" }, "Copy");
    copy.setAttribute("aria-label", `Copy the ${name} line`);
    copy.addEventListener("click", guarded(async () => {
      await navigator.clipboard.writeText(line);
      tell("Copied.");
    }));
    list.append(make("dt", {}, name), make("dd", {}, make("code", {}, line), copy));
  }
}
const bytes = (text) => Uint8Array.from(atob(text), (one) => one.charCodeAt(0));
$("preview").addEventListener("click", guarded(async () => {
  const place = { position: ["z", "y", "x"].map(at), region: region(), channel: at("c"), frame: at("t") };
  const said = await json("POST", "v1/previews", { ...asked(), ...place });
  for (const name of ["before", "after"]) picture($(name), new Blob([bytes(said[name])], { type: "image/png" }));
  $("preview-said").textContent = `Region ${Object.entries(said.region).map(([axis, [from, to]]) => `${axis} ${from} to ${to}`).join(", ")}; each picture from its own darkest to its own brightest sample.`;
  $("previews").hidden = false;
  tell("The preview is there.");
}));

// Jobs.
$("form").addEventListener("submit", guarded(async () => {
  const check = chosen().name === "gaussian" && $("check").checked;
  const job = await json("POST", "v1/jobs", { ...asked(), check, key: crypto.randomUUID() });
  state.job = job.id;
  $("result").hidden = true;
  $("cancel").hidden = $("progress").hidden = false;
  $("run").disabled = true;
  try { await follow(job.id); } finally {
    $("cancel").hidden = $("progress").hidden = true;
    $("pace").textContent = "";
    $("run").disabled = false;
    await history();
  }
}));
$("cancel").addEventListener("click", guarded(() => ask("POST", `v1/jobs/${state.job}/cancel`)));
async function follow(id) {
  let last = "queued";
  while (!ENDED.includes(last)) {
    const answer = await ask("GET", `v1/jobs/${id}/events`);
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
      text += piece.value;
      for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
        const data = /^data: (.*)$/m.exec(text.slice(0, end));
        text = text.slice(end + 2);
        if (!data) continue;
        const said = JSON.parse(data[1]);
        last = said.state;
        tell(`The job is ${last}.`);
        const rate = said.bytes_per_second / 1e9;
        $("pace").textContent = rate ? `${Math.round(100 * said.done / said.total)} %, ${rate.toPrecision(2)} GB/s` : "";
        if (said.total) { $("progress").max = said.total; $("progress").value = said.done; }
        else $("progress").removeAttribute("value");
      }
    }
  }
  const job = await json("GET", `v1/jobs/${id}`);
  if (job.state === "done") await deliver(job);
  else if (job.state === "failed") throw new Error([job.error, job.output].filter(Boolean).join("\n"));
}
const named = (request) => request.operation ?? request.macro ?? request.command ?? "macro";
async function deliver(job) {
  const said = await json("GET", `v1/results/${job.id}`);
  $("result").hidden = false;
  $("result-said").textContent = [`${named(job.request)}, ${said.seconds.toFixed(2)} s`, ...said.warnings].join(" · ");
  $("certificate").replaceChildren();
  if (said.check) {
    const words = { passed: "Cross-check: passed", differs: "Cross-check: DIFFERS", "cannot tell": "Cross-check: this image cannot tell" };
    $("certificate").append(make("h3", {}, words[said.check.verdict]), make("div", { className: "wide", tabIndex: 0, role: "region", ariaLabel: "Certificate" }, ...table(said.check.table)));
  }
  const stores = said.files.filter((file) => file.format === "ome.zarr");
  $("files").replaceChildren(...said.files.filter((file) => !stores.includes(file)).map((file) => {
    const button = make("button", { type: "button" }, `Download ${file.name} (${Math.ceil(file.bytes / 1024)} KiB)`);
    button.addEventListener("click", guarded(() => download(job.id, file)));
    return button;
  }));
  $("addresses").replaceChildren();
  for (const file of stores) {
    const address = new URL(`v1/results/${job.id}/${file.name}`, document.baseURI).href;
    lines($("addresses"), {
      [`${file.name}, ${Math.ceil(file.bytes / 1024)} KiB, at`]: address,
      python: `zarr.open_group("${address}", mode="r", storage_options={"headers": {"Authorization": f"Bearer {token}"}})`,
    });
    if (!state.links) continue;
    const button = make("button", { type: "button" }, "Make an address for viewers, without a token");
    button.addEventListener("click", guarded(async () => {
      const { path } = await json("POST", `v1/results/${job.id}/links`);
      button.remove();
      lines($("addresses"), { "whoever knows this address reads the result": new URL(path.slice(1), document.baseURI).href });
    }));
    $("files").append(button);
  }
  blur(said.report);
  $("report").replaceChildren(...(said.table ? table(said.table) : []));
  $("report").hidden = !said.table;
  $("result-h").focus?.();
}
// What suggest measured, as the profile of a point along each axis; and what it will be.
function blur(report) {
  const axes = (report?.axes ?? []).filter((one) => one.measured && one.sigma > 0);
  $("blur").hidden = !axes.length;
  $("blur").replaceChildren();
  if (!axes.length) return;
  const [wide, high, ground] = [220, 190, 130];
  const { unit, target_sigma: target } = report;
  const reach = 3 * Math.max(target ?? 0, ...axes.map((one) => one.sigma));
  const pictures = axes.map((one) => {
    const final = target ? Math.sqrt(one.sigma ** 2 + one.add ** 2) : null;
    const picture = shape("svg", { viewBox: `0 0 ${wide} ${high}`, role: "img" });
    picture.append(shape("title", {}));
    picture.firstChild.textContent = `Profile of a point along ${one.axis}: sigma ${figure(one.sigma)} ${unit}` + (final ? `, then ${figure(final)} ${unit}` : "");
    const middle = wide / 2;
    const scale = (wide / 2 - 12) / reach;
    const curve = (sigma, turn = 1) => Array.from({ length: 121 }, (_, step) => {
      const place = turn * (step / 60 - 1) * reach;
      return `${(middle + place * scale).toFixed(1)},${(ground - 100 * Math.exp(-place * place / (2 * sigma * sigma))).toFixed(1)}`;
    }).join("L");
    const perFwhm = one.sigma / one.fwhm;
    picture.append(shape("path", { class: "ground", d: `M${middle - wide / 2 + 12},${ground}h${wide - 24}` }));
    if (one.low && one.high) picture.append(shape("path", { class: "interval", d: `M${curve(one.high * perFwhm)}L${curve(one.low * perFwhm, -1)}Z` }));
    picture.append(shape("path", { class: "measured", d: `M${curve(one.sigma)}` }));
    if (final) picture.append(shape("path", { class: "proposed", d: `M${curve(final)}` }));
    for (const [line, text, quiet] of [[18, `${one.axis}: FWHM ${figure(one.fwhm)} ${unit}`, ""],
      [36, one.low ? `${figure(one.low)} to ${figure(one.high)}` : "", "quiet"],
      [54, final ? `add sigma ${figure(one.add)} ${unit}` : "", ""]]) {
      const made = shape("text", { x: middle, y: ground + line, class: quiet });
      made.textContent = text;
      picture.append(made);
    }
    return picture;
  });
  $("blur").append(make("div", { className: "axes" }, ...pictures), make("figcaption", { className: "note" },
    make("span", { className: "key" }), " measured, with its 95 % interval  ",
    ...(target ? [make("span", { className: "key dashed" }), ` proposed: the same in every direction, sigma ${figure(target)} ${unit}`] : [])));
}
const figure = (value) => String(Number(value.toPrecision(3)));
async function download(id, file) {
  const answer = await ask("GET", `v1/results/${id}/${encodeURIComponent(file.name)}`);
  const name = /filename\*=UTF-8''([^;]+)/.exec(answer.headers.get("Content-Disposition"));
  const link = make("a", { download: name ? decodeURIComponent(name[1]) : file.name });
  link.href = URL.createObjectURL(await answer.blob());
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}
async function history() {
  const jobs = (await json("GET", "v1/jobs")).reverse().slice(0, 20);
  const head = ["when", "what", "state", ""].map((one) => make("th", { scope: "col" }, one));
  head[3].append(make("span", { ariaLabel: "result" }, "result"));
  const rows = jobs.map((job) => {
    const last = make("td");
    if (job.state === "done") {
      const button = make("button", { type: "button" }, "Show");
      button.addEventListener("click", guarded(() => deliver(job)));
      last.append(button);
    }
    const when = new Date(job.created * 1000).toLocaleTimeString();
    return make("tr", {}, make("td", {}, when), make("td", {}, named(job.request)), make("td", {}, job.state), last);
  });
  $("jobs").replaceChildren(make("table", {}, make("thead", {}, make("tr", {}, ...head)), make("tbody", {}, ...rows)));
}

if (state.csrf) begin().catch(() => show("enter"));
