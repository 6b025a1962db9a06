/** The API reference as one page without scripts, written from the OpenAPI document: it works offline and under the strictest policy. */
type Json = Record<string, unknown>;

interface Operation {
  operationId: string;
  tags: string[];
  summary: string;
  description?: string;
  parameters: (Json & { $ref?: string; name?: string; in?: string; required?: boolean; description?: string; schema?: Json })[];
  requestBody?: { description: string; content: Record<string, { schema: Json; example?: unknown }> };
  responses: Record<string, { description: string; content?: Record<string, { schema: Json; example?: unknown }> }>;
}
interface Document {
  info: { title: string; description: string };
  servers: { url: string }[];
  tags: { name: string }[];
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Json>; parameters: Record<string, Json> };
}

const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const escape = (text: string): string => text.replace(/[&<>"']/g, (character) => escapes[character] ?? '');
/** Text with `code` and **bold**. */
const prose = (text: string): string => escape(text).replace(/`([^`]+)`/g, '<code>$1</code>').replace(/\*\*([^*]+)\*\*/g, '<b>$1</b>');
const json = (value: unknown): string => (typeof value === 'string' ? escape(value) : escape(JSON.stringify(value, null, 2)));

const style = `
:root{color-scheme:light dark;--line:light-dark(#d8dee6,#313944);--soft:light-dark(#f5f7fa,#1b2129);--ink:light-dark(#1a2230,#e4e9f0);--faint:light-dark(#5b6675,#9aa6b5);--paper:light-dark(#fff,#12161c)}
*{box-sizing:border-box}body{margin:0;font:16px/1.55 system-ui,sans-serif;color:var(--ink);background:var(--paper);display:grid;grid-template-columns:17rem minmax(0,1fr)}
nav{position:sticky;top:0;height:100vh;overflow:auto;padding:1.25rem;border-right:1px solid var(--line);font-size:.875rem}nav b{display:block;margin:1rem 0 .25rem}nav a{display:block;color:inherit;text-decoration:none;padding:.1rem 0}nav a:hover,nav a:focus{text-decoration:underline}
main{padding:1.5rem 2rem 4rem;max-width:62rem}h1{margin:0 0 .5rem}h2{margin:2.5rem 0 .5rem;border-bottom:1px solid var(--line)}article{margin:1.5rem 0;padding-top:.5rem}h3{margin:0 0 .25rem;font-size:1.05rem}
.call{font:600 .9rem ui-monospace,monospace;background:var(--soft);border:1px solid var(--line);border-radius:.4rem;padding:.5rem .75rem;overflow-x:auto;white-space:nowrap}.call i{font-style:normal;display:inline-block;min-width:4rem}
.GET i{color:#0b7a4b}.POST i{color:#1f5fbf}.PATCH i,.PUT i{color:#9a6200}.DELETE i{color:#b3261e}
@media(prefers-color-scheme:dark){.GET i{color:#5fd39b}.POST i{color:#8ab8ff}.PATCH i,.PUT i{color:#f0b955}.DELETE i{color:#ff8a80}}
code,pre{font:.85rem/1.5 ui-monospace,monospace}pre{background:var(--soft);border:1px solid var(--line);border-radius:.4rem;padding:.75rem;overflow:auto;max-height:26rem}table{border-collapse:collapse;width:100%;font-size:.875rem;margin:.5rem 0}td,th{text-align:left;vertical-align:top;padding:.3rem .6rem .3rem 0;border-bottom:1px solid var(--line)}
th{color:var(--faint);font-weight:600}summary{cursor:pointer;color:var(--faint);margin-top:.5rem}@media(max-width:52rem){body{display:block}nav{position:static;height:auto;border:0}main{padding:1rem}}`;

/** How a value looks, in a line: `string`, `number or null`, `Job[]`, `"a" | "b"`. */
function shape(schema: Json | undefined): string {
  if (schema === undefined) return 'any';
  const { $ref, type, anyOf, oneOf, allOf, enum: values, items, const: fixed } = schema as { $ref?: string; type?: string | string[]; anyOf?: Json[]; oneOf?: Json[]; allOf?: Json[]; enum?: unknown[]; items?: Json; const?: unknown };
  if ($ref !== undefined) {
    const name = $ref.slice($ref.lastIndexOf('/') + 1);
    return `<a href="#schema-${escape(name)}">${escape(name)}</a>`;
  }
  if (fixed !== undefined) return `<code>${escape(JSON.stringify(fixed))}</code>`;
  if (values !== undefined) return values.map((value) => `<code>${escape(JSON.stringify(value))}</code>`).join(' | ');
  const options = anyOf ?? oneOf ?? allOf;
  if (options !== undefined) return [...new Set(options.map(shape))].join(' or ');
  if (type === 'array') return `${shape(items)}[]`;
  return escape([type ?? 'any'].flat().join(' or '));
}

/** The fields of an object, one row each, nested ones behind their parent. */
function fields(schema: Json | undefined, prefix = ''): string {
  const properties = (schema?.['properties'] ?? {}) as Record<string, Json>;
  const required = (schema?.['required'] ?? []) as string[];
  return Object.entries(properties)
    .map(([name, field]) => {
      const inner = field['type'] === 'array' ? (field['items'] as Json) : field;
      const row = `<tr><td><code>${escape(prefix + name)}</code></td><td>${shape(field)}</td><td>${required.includes(name) ? 'yes' : ''}</td><td>${prose(String(field['description'] ?? ''))}</td></tr>`;
      return row + (inner['properties'] === undefined ? '' : fields(inner, `${prefix}${name}${field['type'] === 'array' ? '[]' : ''}.`));
    })
    .join('');
}
const table = (rows: string, head: string[]): string => (rows === '' ? '' : `<table><thead><tr>${head.map((cell) => `<th>${cell}</th>`).join('')}</tr></thead><tbody>${rows}</tbody></table>`);
const fieldTable = (schema: Json | undefined): string => table(fields(schema), ['Field', 'Type', 'Required', '']);

function operation(document: Document, path: string, method: string, call: Operation): string {
  const parameters = call.parameters.map((parameter) => (parameter.$ref === undefined ? parameter : { ...document.components.parameters[parameter.$ref.slice(parameter.$ref.lastIndexOf('/') + 1)] })) as Operation['parameters'];
  const rows = parameters.map(({ name = '', in: place = '', required, schema, description = '' }) => `<tr><td><code>${escape(name)}</code></td><td>${escape(place)}</td><td>${shape(schema)}</td><td>${required === true ? 'yes' : ''}</td><td>${prose(description)}</td></tr>`).join('');
  const [success = '200'] = Object.keys(call.responses);
  const errors = Object.entries(call.responses).filter(([status]) => status !== success);
  const content = Object.entries(call.responses[success]?.content ?? {});
  return `<article id="${escape(call.operationId)}"><h3>${prose(call.summary)}</h3><div class="call ${method.toUpperCase()}"><i>${method.toUpperCase()}</i>${escape(path)}</div>
${call.description === undefined ? '' : `<p>${prose(call.description)}</p>`}${table(rows, ['Parameter', 'In', 'Type', 'Required', ''])}
${call.requestBody === undefined ? '' : Object.entries(call.requestBody.content).map(([type, { schema, example }]) => `<h4>Body <code>${escape(type)}</code></h4>${fieldTable(schema)}${example === undefined ? '' : `<pre>${json(example)}</pre>`}`).join('')}
<h4>Answer ${escape(success)}</h4>${content.map(([type, { schema, example }]) => (type === 'application/json' && schema['properties'] !== undefined ? fieldTable(schema) : `<p><code>${escape(type)}</code> ${prose(String(schema['description'] ?? ''))}</p>`) + (example === undefined ? '' : `<pre>${json(example)}</pre>`)).join('')}
<details><summary>Errors</summary>${table(errors.map(([status, { description }]) => `<tr><td>${escape(status)}</td><td>${prose(description)}</td></tr>`).join(''), ['Status', 'Codes'])}</details></article>`;
}

/** The whole page. */
export function renderReference(openApi: Json): string {
  const document = openApi as unknown as Document;
  const calls = Object.entries(document.paths).flatMap(([path, methods]) => Object.entries(methods).map(([method, call]) => ({ path, method, call })));
  const of = (tag: string) => calls.filter(({ call }) => call.tags.includes(tag));
  const schemas = Object.entries(document.components.schemas);
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>${escape(document.info.title)}: API reference</title><style>${style}</style></head><body>
<nav aria-label="Calls"><a href="/v1/openapi.json">openapi.json</a>${document.tags.map(({ name }) => `<b>${escape(name)}</b>${of(name).map(({ call }) => `<a href="#${escape(call.operationId)}">${prose(call.summary)}</a>`).join('')}`).join('')}<b>Types</b>${schemas.map(([name]) => `<a href="#schema-${escape(name)}">${escape(name)}</a>`).join('')}</nav>
<main><h1>${escape(document.info.title)}: API reference</h1><p>Base address <code>${escape(document.servers[0]?.url ?? '')}</code>. Send <code>Authorization: Bearer tmk_live_…</code>.</p>${document.info.description.split('\n\n').map((part) => `<p>${prose(part)}</p>`).join('')}
${document.tags.map(({ name }) => `<h2>${escape(name)}</h2>${of(name).map(({ path, method, call }) => operation(document, path, method, call)).join('')}`).join('')}
<h2>Types</h2>${schemas.map(([name, schema]) => `<article id="schema-${escape(name)}"><h3>${escape(name)}</h3><p>${prose(String(schema['description'] ?? ''))}</p>${fieldTable(schema)}</article>`).join('')}</main></body></html>`;
}
