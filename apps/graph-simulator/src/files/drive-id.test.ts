import { driveId, parseDriveId } from './drive-id.js';

test('a drive id packs the three GUIDs as Graph does, and gives them back', () => {
  expect(driveId('11111111-2222-3333-4444-555555555555', '66666666-7777-8888-9999-aaaaaaaaaaaa', 'bbbbbbbb-cccc-dddd-eeee-ffffffffffff')).toBe('b!ERERESIiMzNERFVVVVVVVWZmZmZ3d4iImZmqqqqqqqq7u7u7zMzd3e7u________');
  expect(parseDriveId('b!ERERESIiMzNERFVVVVVVVWZmZmZ3d4iImZmqqqqqqqq7u7u7zMzd3e7u________')).toEqual({ siteId: '11111111-2222-3333-4444-555555555555', webId: '66666666-7777-8888-9999-aaaaaaaaaaaa', listId: 'bbbbbbbb-cccc-dddd-eeee-ffffffffffff' });
  for (const other of ['b!short', 'nothing', '']) expect(parseDriveId(other)).toBeNull();
});
