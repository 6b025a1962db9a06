import { entry, item, mailboxOn, signal } from '../testing/build.js';
import { graphError, ScriptedPort } from '../testing/scripted-port.js';
import { categories } from './categories.js';
import { mailboxSettings, portableSetting } from './mailbox-settings.js';
import { isPortable, mappedRule, ruleHash } from './rule-body.js';
import { contentHash, settingItem } from './setting-kind.js';
import { RuleFolders } from './rule-folders.js';
import { rules } from './rules.js';
import { foreseeSettings, transferSettings } from './settings-container.js';

const recipient = (address: string) => ({ emailAddress: { name: 'N', address } });
const mapping = { folders: new Map([['src-folder', 'dest-folder']]), ownAddress: { source: 'me@Source.example', dest: 'me@dest.example' } };

describe('a rule', () => {
  test('is switched off and points at the destination’s folders', () => {
    expect(mappedRule({ id: 'r', displayName: 'A', sequence: 3, isEnabled: true, conditions: { subjectContains: ['X'], bodyContains: [] }, actions: { moveToFolder: 'src-folder', stopProcessingRules: true } }, mapping)).toEqual({
      displayName: 'A',
      sequence: 3,
      isEnabled: false,
      conditions: { subjectContains: ['X'] },
      actions: { moveToFolder: 'dest-folder', stopProcessingRules: true },
    });
  });

  test.each([
    ['an unknown folder', { copyToFolder: 'other' }],
    ['a colleague of the source tenant', { forwardTo: [recipient('boss@source.example')] }],
    ['an onmicrosoft.com address', { redirectTo: [recipient('x@tenant.onmicrosoft.com')] }],
    ['no address', { forwardAsAttachmentTo: [recipient('')] }],
  ])('that points at %s is not guessed', (_what, actions) => {
    expect(mappedRule({ displayName: 'A', actions }, mapping)).toBeNull();
  });

  test('keeps addresses outside the tenant and maps the mailbox’s own', () => {
    expect(mappedRule({ displayName: 'A', actions: { forwardTo: [recipient('friend@else.example'), recipient('ME@source.example')] } }, mapping)?.['actions']).toEqual({ forwardTo: [recipient('friend@else.example'), recipient('me@dest.example')] });
  });

  test('is the same rule after Exchange has written it its own way and its owner has switched it on', () => {
    const ours = { displayName: 'A', sequence: 1, isEnabled: false, conditions: { subjectContains: ['invoice'] }, actions: { moveToFolder: 'F1' } };
    const theirs = { id: 'x', displayName: 'A', sequence: 4, isEnabled: true, hasError: false, conditions: { subjectContains: ['INVOICE'], senderContains: [], hasAttachments: null }, exceptions: null, actions: { moveToFolder: 'F1', markAsRead: false } };
    expect(ruleHash(theirs)).toBe(ruleHash(ours));
    expect(ruleHash({ ...ours, actions: { moveToFolder: 'F2' } })).not.toBe(ruleHash(ours));
  });

  test('that is read-only or broken is not portable', () => {
    expect([isPortable({ isReadOnly: true }), isPortable({ hasError: true }), isPortable({})]).toEqual([false, false, true]);
  });
});

test('a dry run foresees which rules cannot be carried, without asking the destination for folders that are not there yet', async () => {
  const source = new ScriptedPort(({ path }) => {
    if (path.endsWith('/mailFolders/inbox')) return { id: 'inbox-id' };
    if (path.endsWith('/mailFolders/projects')) return { id: 'projects', displayName: 'Projects', parentFolderId: 'inbox-id' };
    throw graphError('not_found', 'ErrorItemNotFound');
  });
  const destination = new ScriptedPort(() => ({}));
  const kind = rules({ source: 'me@source.example', dest: 'me@dest.example' }, new RuleFolders(mailboxOn(source, 'source'), mailboxOn(destination, 'dest')));
  const rule = (key: string, content: Record<string, unknown>) => entry(key, { item: settingItem('rule', key, { displayName: key, ...content }, key) });
  const foreseen = await foreseeSettings(
    kind,
    [
      rule('carried', { actions: { moveToFolder: 'projects' } }),
      rule('broken', { hasError: true }),
      rule('lost folder', { actions: { moveToFolder: 'gone' } }),
      rule('to a colleague', { actions: { forwardTo: [recipient('boss@source.example')] } }),
    ],
    signal,
  );
  expect(foreseen.map(({ key, outcome, ...rest }) => [key, outcome, 'cause' in rest ? rest.cause : null])).toEqual([
    ['broken', 'skipped', 'RULE_NOT_PORTABLE'],
    ['lost folder', 'skipped', 'RULE_TARGET_UNMAPPED'],
    ['to a colleague', 'skipped', 'RULE_TARGET_UNMAPPED'],
  ]);
  expect(destination.calls).toEqual([]);
});

describe('mailbox settings', () => {
  test('automatic replies are copied as words only, never running', () => {
    expect(portableSetting({ automaticRepliesSetting: { status: 'alwaysEnabled', externalAudience: 'contactsOnly', internalReplyMessage: 'away', externalReplyMessage: '', scheduledStartDateTime: {} } }, 'automaticRepliesSetting')).toEqual({ status: 'disabled', externalAudience: 'contactsOnly', internalReplyMessage: 'away', externalReplyMessage: '' });
    expect(portableSetting({ automaticRepliesSetting: { status: 'alwaysEnabled', internalReplyMessage: '', externalReplyMessage: '' } }, 'automaticRepliesSetting')).toBeNull();
  });

  test('the language goes without its display name, and an empty setting not at all', () => {
    expect(portableSetting({ language: { locale: 'de-AT', displayName: 'x' } }, 'language')).toEqual({ locale: 'de-AT' });
    expect(portableSetting({ dateFormat: '' }, 'dateFormat')).toBeNull();
  });

  const zone = (value: string) => settingItem('mailboxSetting', 'timeZone', { timeZone: value }, 'timeZone');
  const against = (current: string, refuse = false) => {
    const state = { timeZone: current };
    const port = new ScriptedPort(({ method, body }) => {
      if (method !== 'PATCH') return { ...state };
      if (refuse) throw graphError('bad_request', 'ErrorInvalidTimeZone');
      Object.assign(state, body);
      return state;
    });
    const run = async (item: ReturnType<typeof zone>, existing: { id: string; version: string } | null = null) => {
      for await (const result of transferSettings(mailboxSettings, mailboxOn(port, 'dest'), [entry('timeZone', { item, existing })], signal)) return result;
      return null;
    };
    return { state, run };
  };

  test('a setting is written once; one that says the same already is not written', async () => {
    const dest = against('UTC');
    expect(await dest.run(zone('W. Europe Standard Time'))).toMatchObject({ outcome: 'copied', dest: { id: 'timeZone', version: contentHash('W. Europe Standard Time') } });
    expect(dest.state.timeZone).toBe('W. Europe Standard Time');
    expect(await dest.run(zone('W. Europe Standard Time'))).toMatchObject({ outcome: 'copied', bytes: 0 });
  });

  test('what the owner changed since stays', async () => {
    const dest = against('Tokyo Standard Time');
    expect(await dest.run(zone('UTC'), { id: 'timeZone', version: contentHash('W. Europe Standard Time') })).toMatchObject({ outcome: 'skipped', cause: 'DEST_ITEM_CHANGED' });
    expect(dest.state.timeZone).toBe('Tokyo Standard Time');
  });

  test('a setting the destination refuses is skipped with its cause', async () => {
    expect(await against('UTC', true).run(zone('Nowhere'))).toMatchObject({ outcome: 'skipped', cause: 'SETTING_REFUSED', graphCode: 'ErrorInvalidTimeZone' });
  });
});

test('a category that is there under that name keeps its owner’s colour', async () => {
  const port = new ScriptedPort(({ method }) => {
    if (method !== 'GET') throw new Error('nothing may be written');
    return { value: [{ id: 'c1', displayName: 'red', color: 'preset5' }] };
  });
  const dest = mailboxOn(port, 'dest');
  const result = await categories.write(dest, entry('k', { item: { ...item('k'), ref: { displayName: 'Red', color: 'preset0' } } }), await categories.current(dest, signal), signal);
  expect(result).toMatchObject({ outcome: 'copied', dest: { id: 'c1' }, bytes: 0 });
});
