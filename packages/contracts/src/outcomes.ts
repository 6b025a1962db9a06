/**
 * How an item can end. Closed lists: a code that is not here does not exist. Each failure and skip has a remedy for the
 * person who reads the report, and a page docs/errors/<code>.md.
 */
export const itemOutcomes = ['copied', 'updated', 'unchanged', 'skipped', 'failed'] as const;
export type ItemOutcome = (typeof itemOutcomes)[number];

interface Explained {
  cause: string;
  remedy: string;
}

/** Permanent, known and documented reasons not to copy an item. */
export const skipCauses = {
  FILTERED_OUT: { cause: 'The job’s filters leave this item out.', remedy: 'Create a job with other filters over the same source if it should be copied; what is there is not copied again.' },
  SOURCE_ITEM_GONE: { cause: 'The item was deleted or moved at the source after it was listed.', remedy: 'Nothing to do; a delta pass picks it up if it was moved.' },
  DEST_ITEM_CHANGED: { cause: 'The copy was changed at the destination since we wrote it; the destination’s version is kept.', remedy: 'Compare both versions by hand. To take the source’s, copy it over by hand, or by a job to another place: later passes write no copy anew that somebody has changed or deleted.' },
  DEPARTED_COPY_CHANGED: { cause: 'The item was moved or deleted at the source, and its copy was changed at the destination since we wrote it; the copy stays.', remedy: 'Look at the copy at the destination and delete it by hand if it is not wanted; a moved item has a second copy in its new place.' },
  RULE_NOT_PORTABLE: { cause: 'Exchange marks this inbox rule as read-only or faulty; it cannot be recreated through Graph.', remedy: 'Recreate the rule in Outlook at the destination.' },
  RULE_TARGET_UNMAPPED: { cause: 'The inbox rule points at a folder or address that has no counterpart at the destination.', remedy: 'Create the target and run a retry pass, or recreate the rule by hand.' },
  SETTING_REFUSED: { cause: 'The destination refuses this mailbox setting.', remedy: 'Set it by hand in Outlook on the web at the destination.' },
  SOURCE_ITEM_INFECTED: { cause: 'Microsoft found malware in this file and does not deliver it.', remedy: 'Clean the file at the source or leave it behind; a clean file is taken over by the next delta pass.' },
  LINK_NOT_COPIED: { cause: 'This is a shortcut to something that lies somewhere else; Graph cannot make shortcuts.', remedy: 'Nothing to do for what it leads to, which is copied with the place it lies in. Make the shortcut again by hand at the destination.' },
  VERSIONS_INCOMPLETE: { cause: 'The file is there with its current content, but with fewer earlier versions than the job asks for: the source did not deliver one of them, or the destination keeps fewer.', remedy: 'Look at the version history at the source; what opens there can be saved by hand. Raise the number of versions that the destination keeps before the next job.' },
  IDENTITY_UNRESOLVED: { cause: 'It is shared with somebody who has no counterpart at the destination; with them alone it is not shared there.', remedy: 'Say in the mapping of type IDENTITY who they are, or leave them out there, then run a retry pass.' },
  SHARING_FORBIDDEN: { cause: 'The destination’s policy forbids to share like this: links of this kind, or people from outside.', remedy: 'Allow it in the SharePoint admin centre of the destination and run a retry pass, or leave it as it is.' },
  SHARING_REFUSED: { cause: 'The destination did not take a part of the sharing: somebody’s account is blocked there, or SharePoint does not know it yet.', remedy: 'Unblock the account, or wait until SharePoint knows it (a day at most), then run a retry pass.' },
  LINK_HAS_PASSWORD: { cause: 'The item is shared by a link with a password, which nobody can read; a link without it would be open to all.', remedy: 'Make the link again by hand at the destination, with a new password.' },
  SHARING_NOT_PORTABLE: { cause: 'A part of its sharing cannot be made through Graph: grants to programs, to groups of a site or to everyone, full control, links to embed it or links that block downloads, or less than its folder has where site groups have a part in it.', remedy: 'Look at what the item grants at the source and set it by hand at the destination.' },
  COLUMN_NOT_CARRIED: { cause: 'This column is of a type that Graph shows or makes only in part: links and pictures, managed metadata, places, images, or a lookup into something that is not copied as a list.', remedy: 'Make the column by hand at the destination. Which items have a value in it is listed with them.' },
  COLUMN_REFUSED: { cause: 'The destination did not take this column: its list is too large for the index that unique values need, a rule of the column is not valid there, or what it looks up is not there.', remedy: 'Make the column by hand at the destination under the same internal name (the job’s log says how it is called), then run a retry pass: it brings the values.' },
  CONTENT_TYPE_NOT_CARRIED: { cause: 'The destination did not take this content type, or not with all columns that it brings; or it is the content type of this item, whose copy has another one: of files and folders Graph sets none.', remedy: 'Make the content type by hand at the destination under the same name (the job’s log says how it is called), add it to the list with its columns, and set it at the items that are listed with it.' },
  VALUES_NOT_CARRIED: { cause: 'The item has values in columns that Graph cannot write, or that the destination did not take; the item itself is copied without them.', remedy: 'Fill these columns by hand at the destination, or with a tool that speaks SharePoint’s own interface.' },
  ATTACHMENTS_NOT_CARRIED: { cause: 'The item has attachments, which Graph does not show; the item itself is copied without them.', remedy: 'Save the attachments at the source and attach them again at the destination.' },
  LIST_FOLDER_NOT_CARRIED: { cause: 'This is a folder of a list, which Graph cannot make; what lies in it is copied into the list itself.', remedy: 'Make the folder by hand at the destination and move the items into it, where it matters.' },
  WEB_PART_NOT_CARRIED: { cause: 'The page has a web part of a kind that Graph does not take; in its place the copy says so.', remedy: 'Add the web part by hand to the page at the destination.' },
  WEB_PART_NAMES_FILE: { cause: 'The page has a web part that shows a file which it names by an id of the source; the copy has the file’s new address, and the old id.', remedy: 'Open the page’s copy and look whether the file is shown; choose it again where it is not.' },
  WEB_PART_NAMES_PERSON: { cause: 'The page has a web part that shows somebody who has no counterpart at the destination; the copy names them as the source does.', remedy: 'Say in the mapping of type IDENTITY who they are, then run a delta pass: it brings the page up to date. Or choose them again by hand in the page’s copy.' },
  SITE_SETTINGS_NOT_CARRIED: { cause: 'Navigation, look, views, site groups with their members, hub and regional settings of a site can be neither read nor made through Graph.', remedy: 'Set them by hand at the destination, or with PowerShell (PnP), before people work there.' },
  NO_DESTINATION: { cause: 'There is no destination for this source.', remedy: 'Create and license the destination user, or map the source in the job’s options, then create a job for it.' },
} as const satisfies Record<string, Explained>;
export type SkipCause = keyof typeof skipCauses;
/** Skips whose reason people can put right, so that a retry pass brings the item after all. For the sake of others alone no unit is taken up again. */
export const retriedSkips: readonly SkipCause[] = ['RULE_TARGET_UNMAPPED', 'IDENTITY_UNRESOLVED', 'SHARING_FORBIDDEN', 'SHARING_REFUSED', 'COLUMN_REFUSED'];

/** Why an item failed. Retrying is worth it unless the remedy says otherwise. */
export const itemFailures = {
  SOURCE_ITEM_CORRUPT: { cause: 'Exchange reports the item as corrupt and refuses to read it, by export and by JSON.', remedy: 'Open the item in Outlook at the source; move it to another folder, which writes it anew, or delete it, then run a delta pass.' },
  SOURCE_READ_FAILED: { cause: 'The source did not deliver the item.', remedy: 'Run a retry pass; if it stays, open a case with Microsoft and give them the request id.' },
  DEST_ITEM_REFUSED: { cause: 'The destination refused the item.', remedy: 'Read what Graph said; correct the item at the source or the policy at the destination, then run a retry pass.' },
  DEST_ITEM_TOO_LARGE: { cause: 'The item is larger than the destination mailbox accepts.', remedy: 'Raise the message size limit of the destination mailbox (at most 150 MB), then run a retry pass.' },
  DEST_MAILBOX_FULL: { cause: 'The destination mailbox is full.', remedy: 'Assign a larger plan or free space, then run a retry pass.' },
  DEST_WRITE_FAILED: { cause: 'The destination did not take the item after several attempts.', remedy: 'Run a retry pass; if it stays, open a case with Microsoft and give them the request id.' },
  WRITE_UNRESOLVED: { cause: 'The answer to the write was lost and the destination could not be asked whether it happened.', remedy: 'Run a retry pass: it looks at the destination first and does not write twice.' },
  NEEDED_ITEM_NOT_COPIED: { cause: 'What this item lies in, belongs or refers to, could not be copied, so it would have no place or point at nothing.', remedy: 'Look for the failed item it lies in, belongs or refers to and follow its remedy, then run a retry pass: it brings both.' },
  NEEDED_COPY_GONE: { cause: 'The copy of what this item lies in is not at the destination any more.', remedy: 'Restore it from the recycle bin of the destination, then run a retry pass.' },
  SOURCE_ITEM_LOCKED: { cause: 'Somebody has the file locked at the source so that it cannot be read.', remedy: 'Let the person or program that has it open close it, then run a retry pass.' },
  SOURCE_ITEM_CHANGING: { cause: 'The file changed at the source each time while it was being copied.', remedy: 'Run a retry pass at a quieter time.' },
  SOURCE_CONTENT_DIFFERS: { cause: 'The source delivered other bytes than the size and hash it states for the file. Files under protection and some photos are like that.', remedy: 'Run a retry pass. If it stays, remove the protection at the source or copy the file by hand.' },
  DEST_ITEM_LOCKED: { cause: 'Somebody has the copy locked at the destination, so that it cannot be brought up to date.', remedy: 'Let the person or program that has it open close it, then run a retry pass.' },
  DEST_PATH_TOO_LONG: { cause: 'The path of the copy would be longer than the 400 characters that the destination takes.', remedy: 'Shorten the names of folders above it at the source, then run a delta pass, which renames their copies, and a retry pass, which brings it.' },
  DEST_CONTENT_DIFFERS: { cause: 'The destination stored other bytes than were sent to it.', remedy: 'Run a retry pass. If it stays, switch off the parser of the destination library, or compare both files by hand.' },
  PERSON_NOT_AT_DESTINATION: { cause: 'The item names people or groups that have no counterpart at the destination, or whom the destination’s site does not know yet; the copy stands without them.', remedy: 'Map them in the mapping of type IDENTITY, let them open the destination’s site once (or use EnsureUser), then run a retry pass: it completes the copy.' },
  INTERNAL: { cause: 'The program failed at this item.', remedy: 'Run a retry pass, and report the request id to the maintainers.' },
} as const satisfies Record<string, Explained>;
export type ItemFailure = keyof typeof itemFailures;

/** Why a whole unit or job could not go on. */
export const unitFailures = {
  ACCESS_LOST: { cause: 'Microsoft refuses the tenant’s token: consent was revoked or the credential expired.', remedy: 'Let an administrator of that tenant consent again (connect the tenant once more), then run a retry pass, or a delta pass again if that is what was stopped: it goes on where the job stopped.' },
  ACCESS_DENIED: { cause: 'The application may not read or write this mailbox, drive or site, or an administrator has locked it.', remedy: 'Grant the missing application permission, widen the Exchange role assignment (changes take up to two hours), or unlock the site, then run a retry pass.' },
  SOURCE_MISSING: { cause: 'The source’s mailbox, drive or site does not exist, or has no licence.', remedy: 'Restore or license it, then run a retry pass.' },
  DEST_MISSING: { cause: 'The destination’s mailbox, drive or site does not exist yet, or has no licence.', remedy: 'License the destination user, or wait until Microsoft has made what is on its way (a site can take an hour after its group), then run a retry pass.' },
  DEST_FULL: { cause: 'The destination’s mailbox, drive or site is full.', remedy: 'Assign a larger plan or free space, then run a retry pass.' },
  LISTING_ENDLESS: { cause: 'The source’s listing of a folder goes on without ever coming to its end.', remedy: 'Run a retry pass: it lists that folder anew. If it stays, open a case with Microsoft; everything else of the unit is copied.' },
  SERVICE_UNREACHABLE: { cause: 'Microsoft Graph could not be reached for a long time.', remedy: 'Check the network and Microsoft’s service health, then run a retry pass: it goes on where the unit stopped.' },
  TENANT_DISCONNECTED: { cause: 'One of the job’s tenants was disconnected.', remedy: 'Connect the tenant again and create a new job; what was copied is found and not copied again.' },
  ATTEMPTS_EXHAUSTED: { cause: 'The unit was tried several times and came to nothing each time.', remedy: 'Remove what the last attempt met (it is named here and in the log), then run a retry pass.' },
  WORKER_LOST: { cause: 'Worker after worker fell silent or died over this unit, so it was set aside.', remedy: 'Look at the workers’ logs and memory at those times; give them more memory or a newer version, then run a retry pass: it goes on where the unit stopped.' },
  INTERNAL: { cause: 'The program failed at this unit.', remedy: 'Run a retry pass, and report the request id to the maintainers.' },
} as const satisfies Record<string, Explained>;
export type UnitFailure = keyof typeof unitFailures;
/** Unit failures that concern the whole tenant: the job stops instead of failing unit after unit. */
export const jobStoppingFailures: readonly UnitFailure[] = ['ACCESS_LOST', 'TENANT_DISCONNECTED'];

/** What a verification can say of an item or container; the class of a difference decides whether the copy is as it should be. */
export const differenceClasses = ['missing', 'extra', 'differs', 'not_comparable'] as const;
export type DifferenceClass = (typeof differenceClasses)[number];

/** Why the two sides of a verified unit are not the same, each with its class. */
export const differenceCauses = {
  VERIFY_NOT_COPIED: { class: 'missing', cause: 'The job could not copy this item, or left it out for a reason it reported.', remedy: 'Follow the remedy of the reported reason, then run a retry pass and verify again.' },
  VERIFY_COPY_GONE: { class: 'missing', cause: 'The item was copied, and its copy is not in the destination container any more.', remedy: 'Look in the deleted and recoverable items of the destination. If nobody meant to delete it, restore it there, or copy it again by a job to another place: a pass to this one does not copy anew what was deleted.' },
  VERIFY_NOT_YET_COPIED: { class: 'missing', cause: 'It came to the source after the last pass, or no pass has reached it.', remedy: 'Run a delta pass, then verify again.' },
  VERIFY_MOVED: { class: 'missing', cause: 'The copy is at the destination in another container: it was moved there, or the item was moved at the source.', remedy: 'Nothing is lost. Run a delta pass if the item was moved at the source; move the copy back if its place matters.' },
  VERIFY_CONTAINER_MISSING: { class: 'missing', cause: 'The container was made at the destination and is not there any more, under this name or another.', remedy: 'Restore it at the destination if nobody meant to delete it. A later pass makes the container again when it has something new for it; what was deleted is not copied anew, and its items are listed one by one.' },
  VERIFY_DOUBLED: { class: 'extra', cause: 'The destination holds this item more often than the source does.', remedy: 'Compare the copies and delete the surplus one at the destination. If nobody copied it by hand, report it to the maintainers.' },
  VERIFY_LEFT_BEHIND: { class: 'extra', cause: 'A copy of an item that is not at the source any more.', remedy: 'Delete it at the destination if it should follow the source; copies are not deleted unless a job asks for it (`deletions`).' },
  VERIFY_COPY_CHANGED: { class: 'differs', cause: 'The copy has been changed at the destination since it was written.', remedy: 'If its owner changed it, nothing is to be done. To take the source’s version, copy it over by hand, or by a job to another place: a pass to this one does not overwrite what somebody has changed, nor copy anew what was deleted.' },
  VERIFY_SOURCE_CHANGED: { class: 'differs', cause: 'The item has been changed at the source since it was copied.', remedy: 'Run a delta pass, then verify again.' },
  VERIFY_PARTLY_COPIED: { class: 'differs', cause: 'The job could carry only a part of it, for a reason it reported.', remedy: 'Follow the remedy of the reported reason, then run a retry pass and verify again.' },
  VERIFY_COPY_DIFFERS: { class: 'differs', cause: 'The copy is not what the source holds, and neither side is known to have changed since.', remedy: 'Compare both by hand. Copy it over by hand, or by a job to another place: a pass to this one takes it for copied. Report it to the maintainers with both ids.' },
  VERIFY_CONTAINER_RENAMED: { class: 'differs', cause: 'The container has another name or place at the destination; its items were compared there.', remedy: 'Nothing is lost. Give it its name or place back by hand, where it matters. A later pass that has something new for it does so with a container that we made; any other one keeps them.' },
  VERIFY_CONTENT_NOT_SHOWN: { class: 'not_comparable', cause: 'Microsoft shows no content of items of this class; that the item is there, its class and its listed fields were compared.', remedy: 'Open a few such items at the destination to see their content.' },
  VERIFY_SOURCE_UNREADABLE: { class: 'not_comparable', cause: 'The source did not show the content of this item; that the copy is there and its listed fields were compared.', remedy: 'Open the item at both sides and compare by hand; verify again if the source had a bad moment.' },
  VERIFY_DEST_UNREADABLE: { class: 'not_comparable', cause: 'The destination did not show the content of this copy; that it is there and its listed fields were compared.', remedy: 'Open the copy and compare by hand; verify again if the destination had a bad moment.' },
  VERIFY_OWNERS_CHOICE: { class: 'not_comparable', cause: 'The destination’s owner has a setting of the same name with another value; a migration leaves it as it is.', remedy: 'Nothing to do, unless the source’s value is wanted: then set it by hand.' },
} as const satisfies Record<string, Explained & { class: DifferenceClass }>;
export type DifferenceCause = keyof typeof differenceCauses;

// Put together once: Node.js 20 takes 30 µs to do it, and a page of items asks for it fifty times.
const explanations: Record<SkipCause | ItemFailure | UnitFailure | DifferenceCause, Explained> = { ...skipCauses, ...itemFailures, ...unitFailures, ...differenceCauses };

/** Cause and remedy for any code of the lists above. */
export function explain(code: SkipCause | ItemFailure | UnitFailure | DifferenceCause): Explained {
  const { cause, remedy } = explanations[code];
  return { cause, remedy };
}
