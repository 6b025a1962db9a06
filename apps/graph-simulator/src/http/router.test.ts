import { Router } from './router.js';

function routerOf(...templates: string[]): Router<string> {
  const router = new Router<string>();
  for (const t of templates) router.add('GET', t, t);
  return router;
}

const router = routerOf(
  '/drives/{drive}/root:/{path:}', '/drives/{drive}/root:/{path:}/content', '/drives/{drive}/items/{item}:/{path:}/content', '/drives/{drive}/items/{item}/content', '/drives/{drive}/root/delta',
  '/users', '/users/$count', '/users/{user}', '/users/{user}/messages', '/users/{user}/messages/delta', '/users/{user}/messages/{message}', '/users/{user}/messages/{message}/$value',
  '/users/{user}/mailFolders/{folder}/messages', '/reports/getMailboxUsageDetail(period={period})', '/servicePrincipals/{id}', '/servicePrincipals(appId={appId})', '/servicePrincipals(appId={appId})/appRoleAssignments',
);

test.each([
  ['/users', '/users', {}],
  ['/USERS/$COUNT', '/users/$count', {}],
  ['/users/a%40b.com/Messages', '/users/{user}/messages', { user: 'a@b.com' }],
  ["/users('a@b.com')/messages", '/users/{user}/messages', { user: 'a@b.com' }],
  ["/users('o''brien@b.com')/messages('AAMk=')/$value", '/users/{user}/messages/{message}/$value', { user: "o'brien@b.com", message: 'AAMk=' }],
  ["/users/1/mailFolders('inbox')/messages", '/users/{user}/mailFolders/{folder}/messages', { user: '1', folder: 'inbox' }],
  ['/users/1/messages/delta', '/users/{user}/messages/delta', { user: '1' }],
  ['/users/1/messages/delta()', '/users/{user}/messages/delta', { user: '1' }],
  ['/users/1/messages/microsoft.graph.delta()', '/users/{user}/messages/delta', { user: '1' }],
  ['/users/1/messages/AAMkAGI2_-%2F=', '/users/{user}/messages/{message}', { user: '1', message: 'AAMkAGI2_-/=' }],
  ["/reports/getMailboxUsageDetail(period='D7')", '/reports/getMailboxUsageDetail(period={period})', { period: 'D7' }],
  ["/serviceprincipals(appid='x')/approleassignments", '/servicePrincipals(appId={appId})/appRoleAssignments', { appId: 'x' }],
  ['/drives/1/root:/a%20b/c', '/drives/{drive}/root:/{path:}', { drive: '1', path: 'a b/c' }],
  ['/drives/1/root:/a%23/100%25.txt:', '/drives/{drive}/root:/{path:}', { drive: '1', path: 'a#/100%.txt' }],
  ['/drives/1/root:/a/b.txt:/content', '/drives/{drive}/root:/{path:}/content', { drive: '1', path: 'a/b.txt' }],
  ['/drives/1/items/01A:/b.txt:/content', '/drives/{drive}/items/{item}:/{path:}/content', { drive: '1', item: '01A', path: 'b.txt' }],
  ['/drives/1/items/01A/content', '/drives/{drive}/items/{item}/content', { drive: '1', item: '01A' }],
  ['/drives/1/root/delta', '/drives/{drive}/root/delta', { drive: '1' }],
  ['/servicePrincipals/5', '/servicePrincipals/{id}', { id: '5' }],
])('%s is %s', (path, template, params) => {
  expect(router.find('GET', path)).toEqual({ kind: 'found', route: template, params });
});

test.each([
  ['/nonsense', 'nonsense'],
  ['/users/1/nonsense', 'nonsense'],
  ['/users/1/messages/2/nonsense/more', 'nonsense'],
  ['/users//messages', ''],
])('%s fails at the segment %s', (path, segment) => {
  expect(router.find('GET', path)).toEqual({ kind: 'segment', segment });
});

test('a known path in another method tells what it takes', () => {
  expect(router.find('DELETE', '/users/1')).toEqual({ kind: 'method', allow: ['GET'] });
});

test('two owners of one operation are refused at start-up', () => {
  expect(() => { router.add('GET', '/USERS/{user}', 'again'); }).toThrow('Two routes');
});

test('a route of another version does not exist', () => {
  expect(router.find('GET', '/users', () => false)).toMatchObject({ kind: 'segment' });
});
