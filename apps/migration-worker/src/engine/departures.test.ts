import { decideDeparture, verdicts, type Departed, type DepartureDecision } from './departures.js';

const departed: Departed = { hasCopy: true, verdict: verdicts.open, arrival: null, proven: true, elsewhere: null };
const settle = (verdict: 1 | 2, copy: 'remove' | 'keep' | 'none'): DepartureDecision => ({ do: 'settle', verdict, copy });
const { moved, deleted } = verdicts;

test.each<[string, Partial<Departed>, 'keep' | 'apply', DepartureDecision]>([
  ['an item whose copy stands elsewhere has moved, and its old copy goes', { arrival: 'copied' }, 'keep', settle(moved, 'remove')],
  ['a moved item that never had a copy leaves nothing to remove', { arrival: 'copied', hasCopy: false }, 'keep', settle(moved, 'none')],
  ['a moved item whose new copy does not stand yet keeps the old one', { arrival: 'listed' }, 'apply', { do: 'wait' }],
  ['what nothing explains is not decided before everything was listed again', { proven: false }, 'apply', { do: 'list again' }],
  ['the copy of a deleted item stays by default', {}, 'keep', settle(deleted, 'keep')],
  ['a deletion is not applied before the places that the job leaves out were looked at', {}, 'apply', { do: 'look elsewhere' }],
  ['the copy of an item that lies where the job does not look stays', { elsewhere: true }, 'apply', settle(deleted, 'keep')],
  ['the copy of an item that is nowhere goes when the job asks for it', { elsewhere: false }, 'apply', settle(deleted, 'remove')],
  ['a deleted item without a copy leaves nothing to remove', { hasCopy: false }, 'apply', settle(deleted, 'none')],
  ['a verdict of a run that died is carried out as it was', { verdict: deleted, arrival: null, proven: false }, 'keep', settle(deleted, 'remove')],
])('%s', (_name, given, deletions, expected) => {
  expect(decideDeparture({ ...departed, ...given }, deletions)).toEqual(expected);
});
