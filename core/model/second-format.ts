/**
 * By which browsers tell markup (most of it is in the MIME Sniffing Standard), and what loads or runs something, each so
 * long that hardly any photograph has it by chance. What photographs have of XMP (`<?xpacket`, `<x:xmpmeta`, `<dc:title>`)
 * is not in it.
 */
const MARKUP =
  /<(?:!doctype|!--|!entity|!\[cdata\[|\?xml[\s-]|\?php|hta:|(?:p|b|br)>|a\s+href|(?:(?:[\w.-]+:)?(?:html|body|script|svg|iframe)|head|frameset|style|title|meta|link|base|table|font|form|input|button|object|embed|applet|template|img|div|h1|math|video|audio|details|marquee)[\s/>])/i

const ELEMENT = /<[a-z]/i
/** By which any element loads or runs something, even one that nobody knows. Those of XMP have a prefix. */
const ATTRIBUTE = /[\s/"'](?:on[a-z]{3,}|src|srcdoc|href|style|formaction)\s*=/i
const NAMESPACE = /www\.w3\.org\/(?:1999\/xhtml|2000\/svg|1999\/xsl)/i

/** Of a page with all its parts in one file (MHTML), and a `<` in UTF-7. */
const MAIL = /(?:mime-version|content-type|content-transfer-encoding):/i
const UTF7 = '+ADw'

/** Of a PDF, which readers find further on too, of archives, programs and compiled classes. */
const MAGIC = ['%PDF-', 'PK\x03\x04', 'PK\x05\x06', 'Rar!\x1a', '7z\xbc\xaf', '\x7fELF', '\xca\xfe\xba\xbe']

/**
 * Whether the beginning of a file with the magic bytes of one format holds another one's too, so that somebody else may
 * take it for that. It knows what is listed here, and no more. An honest file with such bytes loses no more than its preview.
 */
export function hasSecondFormat(beginning: Uint8Array): boolean {
  const text = Buffer.from(beginning).toString('latin1')
  // In UTF-16 there is a NUL beside every character of markup.
  return MAGIC.some(magic => text.includes(magic)) || isMarkup(text) || isMarkup(text.replaceAll('\0', ''))
}

function isMarkup(text: string): boolean {
  const known = [MARKUP, NAMESPACE, MAIL].some(sign => sign.test(text)) || text.includes(UTF7)
  return known || hasAttribute(text)
}

/** In two steps: one expression for both would take its time over many elements without attributes. */
function hasAttribute(text: string): boolean {
  const from = text.search(ELEMENT)
  return from >= 0 && ATTRIBUTE.test(text.slice(from))
}
