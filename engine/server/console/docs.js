// The API as its description tells it.

import { element, table } from "./dom.js";

const content = document.getElementById("content");

// What a schema is, in a few words; those that others refer to stand at the page's end.
function words(schema) {
  if (schema === undefined) return "";
  if (schema.$ref) {
    const name = schema.$ref.split("/").at(-1);
    return element("a", { href: `#schema-${name}` }, name);
  }
  if (schema.type === "array") return element("span", {}, "array of ", words(schema.items));
  if (schema.additionalProperties?.type) return element("span", {}, "map to ", words(schema.additionalProperties));
  const kinds = [schema.type ?? (schema.oneOf ?? schema.anyOf ?? []).map(({ type }) => type)].flat();
  return [kinds.join(" or "), schema.format, schema.enum?.join(" | ")].filter(Boolean).join(", ");
}

function members(label, schema) {
  const required = schema.required ?? [];
  const columns = [
    { title: "Member", value: ([name]) => element("code", {}, name) },
    { title: "Type", value: ([, it]) => words(it) },
    { title: "", value: ([name]) => (required.includes(name) ? "required" : "") },
    { title: "Meaning", value: ([, it]) => it.description ?? "" },
  ];
  return table(label, columns, Object.entries(schema.properties ?? {}), "It has no members.");
}

function parameters(list) {
  const columns = [
    { title: "Parameter", value: (it) => element("code", {}, it.name) },
    { title: "In", value: (it) => it.in },
    { title: "Type", value: (it) => words(it.schema) },
    { title: "", value: (it) => (it.required ? "required" : "") },
    { title: "Meaning", value: (it) => it.description ?? "" },
  ];
  return list.length > 0 ? table("Parameters", columns, list, "") : null;
}

function bodyOf(description) {
  const [type, media] = Object.entries(description?.content ?? {})[0] ?? [];
  return type === undefined ? null : element("span", {}, words(media.schema), ` (${type})`);
}

function operation(method, path, it) {
  const body = bodyOf(it.requestBody);
  const replies = Object.entries(it.responses ?? {}).map(([status, reply]) =>
    element("li", {}, element("strong", {}, status), ` ${reply.description ?? ""} `, bodyOf(reply)),
  );
  return element(
    "section",
    { class: "card", id: it.operationId },
    element("h2", {}, element("code", {}, `${method.toUpperCase()} ${path}`)),
    element("p", {}, it.summary ?? ""),
    parameters(it.parameters ?? []),
    body ? element("p", {}, "Body: ", body) : null,
    element("ul", {}, replies),
  );
}

function show(api) {
  const operations = Object.entries(api.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, it]) => operation(method, path, it)),
  );
  const schemas = Object.entries(api.components?.schemas ?? {}).map(([name, schema]) =>
    element("section", { class: "card", id: `schema-${name}` }, element("h2", {}, name), members(name, schema)),
  );
  content.replaceChildren(
    element("h1", {}, `${api.info.title} ${api.info.version}`),
    element("p", {}, api.info.description ?? ""),
    ...operations,
    element("h1", {}, "Schemas"),
    ...schemas,
  );
}

try {
  const response = await fetch("openapi.json", { credentials: "omit" });
  if (!response.ok) throw new Error(`openapi.json: the server answered ${response.status}`);
  show(await response.json());
} catch (error) {
  content.replaceChildren(element("p", { class: "card problem", role: "alert" }, error.message));
}
