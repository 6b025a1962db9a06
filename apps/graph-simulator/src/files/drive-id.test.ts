import { driveId } from './drive-id.js';

test('a drive id packs the three GUIDs as Graph does', () => {
  expect(driveId('11111111-2222-3333-4444-555555555555', '66666666-7777-8888-9999-aaaaaaaaaaaa', 'bbbbbbbb-cccc-dddd-eeee-ffffffffffff')).toBe('b!ERERESIiMzNERFVVVVVVVWZmZmZ3d4iImZmqqqqqqqq7u7u7zMzd3e7u________');
});
