/** When two registrations are the same machine: pure. */

/** What firmware says when nobody has set a serial number; thousands of machines share these. */
const placeholders = new Set(['to be filled by o.e.m.', 'system serial number', 'default string', 'not specified', 'not applicable', 'none', 'n/a', 'unknown', 'invalid', 'chassis serial number', 'oem', 'empty', '123456789', '1234567890', '0123456789']);

export interface MachineKeys {
  /** Null when the serial number says nothing. */
  serialKey: string | null;
  nameKey: string;
}

export function machineKeys({ hostname, domain, serial }: { hostname: string; domain: string; serial?: string | undefined }): MachineKeys {
  const text = serial?.trim().toLowerCase() ?? '';
  const meaningless = text === '' || placeholders.has(text) || /^[0x.\-\s]+$/.test(text);
  return { serialKey: meaningless ? null : text, nameKey: `${hostname.toLowerCase()}\n${domain.toLowerCase()}` };
}

/** The same serial number, or the same name in the same domain unless two serial numbers say otherwise. */
export const isSameMachine = (a: MachineKeys, b: MachineKeys): boolean => (a.serialKey !== null && b.serialKey !== null ? a.serialKey === b.serialKey : a.nameKey === b.nameKey);
