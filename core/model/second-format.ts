/**
 * By which browsers tell markup (most of it is in the MIME Sniffing Standard), and what loads or runs something, each so
 * long that hardly any photograph has it by chance. What photographs have of XMP (`<?xpacket`, `<x:xmpmeta`) is not in it.
 */
const MARKUP =
  /<(?:!doctype|!--|\?xml\s|\?php|(?:html|head|body|script|svg|iframe|frameset|style|title|meta|link|base|table|font|form|input|button|object|embed|template|img|div|h1|math)[\s/>]|a\s+href)/i

/** Of a PDF, which readers find further on too, of archives, programs and compiled classes. */
const MAGIC = ['%PDF-', 'PK\x03\x04', 'PK\x05\x06', 'Rar!\x1a', '7z\xbc\xaf', '\x7fELF', '\xca\xfe\xba\xbe']

/**
 * Whether the beginning of a file with the magic bytes of one format holds another one's too, so that somebody else may
 * take it for that. An honest file with such bytes loses no more than its preview.
 */
export function hasSecondFormat(beginning: Uint8Array): boolean {
  const text = Buffer.from(beginning).toString('latin1')
  // In UTF-16 there is a NUL beside every character of markup.
  return (
    MAGIC.some(magic => text.includes(magic)) || MARKUP.test(text) || MARKUP.test(text.replaceAll('\0', ''))
  )
}
