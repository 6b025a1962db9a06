/** The page at the end of the consent: says what happened and what to do next. */
const escape = (text: string): string => text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);

export interface CallbackPage {
  ok: boolean;
  title: string;
  detail: string;
}

export const renderCallbackPage = ({ ok, title, detail }: CallbackPage): string => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${escape(title)}</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:36rem;margin:15vh auto;padding:0 1.5rem;color:#1f2328}h1{font-size:1.5rem;color:${ok ? '#116329' : '#a40e26'}}</style></head>
<body><main><h1>${escape(title)}</h1><p>${escape(detail)}</p></main></body></html>
`;
