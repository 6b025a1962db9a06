/**
 * Where Microsoft's pages, and the service they show, say otherwise than its metadata: what the simulator and the product follow the pages in.
 * Each stands here with its reason; none stands here that does not occur.
 */
import type { Finding } from './judge-exchange.js';

interface Exception extends Pick<Finding, 'kind' | 'about'> {
  readonly reason: string;
  /** Microsoft's page that shows it. */
  readonly page: string;
}

export const exceptions: readonly Exception[] = [
  {
    kind: 'undeclared', about: 'identity.email',
    reason: 'The service says the address of whoever made or changed a file or page beside the name; the type is open and declares id and displayName alone.',
    page: 'https://learn.microsoft.com/graph/api/sitepage-get',
  },
  {
    kind: 'not-expanded', about: 'canvasLayout.horizontalSections',
    reason: 'Declared as navigations, which would each need $expand. The page’s third example asks for $expand=canvasLayout alone and gets sections, columns and web parts whole.',
    page: 'https://learn.microsoft.com/graph/api/sitepage-get',
  },
  {
    kind: 'not-expanded', about: 'horizontalSection.columns',
    reason: 'As for the sections they are in.',
    page: 'https://learn.microsoft.com/graph/api/sitepage-get',
  },
  {
    kind: 'not-expanded', about: 'horizontalSectionColumn.webparts',
    reason: 'As for the sections they are in.',
    page: 'https://learn.microsoft.com/graph/api/sitepage-get',
  },
  {
    kind: 'no-id', about: 'canvasLayout',
    reason: 'Declared as an entity; the same example shows it without an id.',
    page: 'https://learn.microsoft.com/graph/api/sitepage-get',
  },
  {
    kind: 'method', about: 'PATCH /sites/{site-id}/pages/{baseSitePage-id}/graph.sitePage',
    reason: 'The OpenAPI description publishes PATCH without the cast alone; the page that documents the change knows it with the cast alone.',
    page: 'https://learn.microsoft.com/graph/api/sitepage-update',
  },
];
