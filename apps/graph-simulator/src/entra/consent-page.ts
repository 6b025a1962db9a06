import type { AppRegistration } from '../world/app-registry.js';
import type { SimTenant } from '../world/tenant.js';

/** Text for HTML: everything a form may carry is somebody else's. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (c) => `&#${String(c.charCodeAt(0))};`);
}

function page(title: string, body: string): string {
  return `<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${escapeHtml(title)}</title>
<style>
body{font-family:"Segoe UI",system-ui,sans-serif;background:#f2f2f2;margin:0;color:#1b1b1b}
main{max-width:27rem;margin:3rem auto;background:#fff;padding:2.5rem;box-shadow:0 2px 6px rgba(0,0,0,.2)}
h1{font-size:1.4rem;font-weight:600;margin:.5rem 0}ul{padding-left:1.2rem}li{margin:.25rem 0}
.note{color:#605e5c;font-size:.85rem}.tenant{font-size:.9rem}
button{font:inherit;padding:.45rem 1.4rem;border:1px solid #8c8c8c;background:#fff;cursor:pointer;margin:.25rem .25rem 0 0}
button.main{background:#0067b8;border-color:#0067b8;color:#fff}details{margin-top:1.5rem}select{font:inherit;padding:.3rem;max-width:100%}
</style></head><body><main>${body}</main></body></html>`;
}

/** The page an administrator decides on. Its form posts back to the same address. */
export function consentPage(parts: { app: AppRegistration; tenant: SimTenant | null; tenants: readonly SimTenant[]; roles: readonly string[]; hidden: Readonly<Record<string, string>> }): string {
  const { app, tenant, tenants, roles, hidden } = parts;
  const fields = Object.entries(hidden).map(([name, value]) => `<input type="hidden" name="${escapeHtml(name)}" value="${escapeHtml(value)}">`).join('');
  const option = (t: SimTenant): string => `<option value="${t.id}">${escapeHtml(t.displayName)} (${escapeHtml(t.domain)})</option>`;
  const choice = tenant === null
    ? `<p><label>Sign in as the administrator of <select name="tenant">${tenants.map(option).join('')}</select></label></p>`
    : `<p class="tenant">Administrator of <strong>${escapeHtml(tenant.displayName)}</strong> (${escapeHtml(tenant.domain)})</p>`;
  const list = roles.length === 0 ? '<p>This app asks for no application permission.</p>' : `<ul>${roles.map((r) => `<li>${escapeHtml(r)}</li>`).join('')}</ul>`;
  return page(`Permissions requested: ${app.displayName}`, `
<p class="note">Simulated Microsoft Entra</p>
<h1>Permissions requested</h1><p>Review for your organization</p>
<p><strong>${escapeHtml(app.displayName)}</strong><br><span class="note">${escapeHtml(app.clientId)}</span></p>
<form method="post">${fields}${choice}
<p>This app would like to:</p>${list}
<p class="note">If you accept, this app will get access to the specified resources for all users in your organization.</p>
<button type="submit" name="decision" value="cancel">Cancel</button>
<button type="submit" name="decision" value="accept" class="main">Accept</button>
<details><summary>Ways this goes wrong</summary>
<p class="note">What a client has to survive; none of them grants anything to the tenant asked for.</p>
<button type="submit" name="decision" value="denied">I am not an administrator</button>
<button type="submit" name="decision" value="forged">Forged callback (no consent, unknown tenant)</button>
<button type="submit" name="decision" value="wrong-state">Success with another state</button>
${tenant !== null && tenants.length > 1 ? `<p><select name="other">${tenants.filter((t) => t.id !== tenant.id).map(option).join('')}</select>
<button type="submit" name="decision" value="wrong-tenant">Accept for this tenant instead</button></p>` : ''}
</details></form>`);
}

/** What Entra shows when it cannot even redirect: unknown app, unregistered address. */
export function consentErrorPage(description: string): string {
  return page('Sign in to your account', `<p class="note">Simulated Microsoft Entra</p><h1>Sorry, but we're having trouble signing you in.</h1><p>${escapeHtml(description)}</p>`);
}
