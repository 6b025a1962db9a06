const types: Readonly<Record<string, string>> = {
  csv: 'text/csv', docx: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document', jpg: 'image/jpeg', mp4: 'video/mp4', one: 'application/msonenote', onetoc2: 'application/msonenote', pdf: 'application/pdf', png: 'image/png',
  pptx: 'application/vnd.openxmlformats-officedocument.presentationml.presentation', txt: 'text/plain', xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet', zip: 'application/zip', html: 'text/html',
};

export const endingOf = (name: string): string => (name.includes('.') ? (name.split('.').at(-1) ?? '') : '').toLowerCase();

/** The type that a name's ending says. */
export const mimeTypeOf = (name: string): string => types[endingOf(name)] ?? 'application/octet-stream';
