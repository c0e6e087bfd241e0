// The OpenAPI document, for people.

import { get } from "./api.js";
import { h } from "./view.js";

const described = await get("openapi.json");

function operation(path, verb, { summary, parameters, requestBody, responses, security }) {
  const fields = requestBody ? Object.entries(requestBody.content["application/json"].schema.properties) : [];
  const rows = [
    ...parameters.map(({ name, in: where, description }) => [name, `${description}${where === "path" ? " (in the path)" : ""}`]),
    ...fields.map(([name, { description }]) => [name, `${description ?? "the users' ids"} (in the body)`]),
  ];
  return h("section", { class: "card" },
    h("h2", {}, h("span", { class: "verb" }, verb.toUpperCase()), h("code", {}, path)),
    h("p", { class: "about" }, `${summary}.${security ? " Needs the API key." : ""} Answers ${Object.keys(responses).join(", ")}.`),
    rows.length ? h("dl", {}, rows.map(([name, text]) => [h("dt", {}, name), h("dd", {}, text)])) : null);
}

document.getElementById("main").replaceChildren(
  h("p", { class: "about" }, described.info.description),
  ...Object.entries(described.paths).flatMap(([path, verbs]) => Object.entries(verbs).map(([verb, each]) => operation(path, verb, each))),
  h("section", { class: "card" }, h("h2", {}, "Problems"),
    h("p", { class: "about" }, "Errors are application/problem+json (RFC 9457); the type ends in one of these."),
    h("dl", {}, Object.entries(described["x-problems"]).map(([kind, text]) => [h("dt", { id: kind }, kind), h("dd", {}, text)]))));
document.getElementById(location.hash.slice(1))?.scrollIntoView();
