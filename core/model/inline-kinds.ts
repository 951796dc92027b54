/** A kind of content that browsers show or play, and that runs nothing. */
export interface InlineKind {
  /** Media types, lower-case: one for its magic bytes, and what else it is called. */
  readonly types: readonly string[]
  /** Lower-case. */
  readonly extensions: readonly string[]
}

/** No svg, html, xml or pdf: they are programs. No text: it has no magic bytes, so that anything could be text. */
const INLINE_KINDS: readonly InlineKind[] = [
  { types: ['image/jpeg', 'image/jpg', 'image/pjpeg'], extensions: ['jpg', 'jpeg', 'jpe', 'jfif'] },
  { types: ['image/png', 'image/x-png', 'image/apng'], extensions: ['png', 'apng'] },
  { types: ['image/gif'], extensions: ['gif'] },
  { types: ['image/webp'], extensions: ['webp'] },
  { types: ['image/avif'], extensions: ['avif'] },
  { types: ['image/bmp', 'image/x-ms-bmp'], extensions: ['bmp', 'dib'] },
  { types: ['image/x-icon', 'image/vnd.microsoft.icon'], extensions: ['ico'] },
  { types: ['audio/mpeg', 'audio/mp3'], extensions: ['mp3', 'mp2', 'mpga'] },
  { types: ['audio/wav', 'audio/x-wav', 'audio/wave', 'audio/vnd.wave'], extensions: ['wav'] },
  { types: ['audio/flac', 'audio/x-flac'], extensions: ['flac'] },
  { types: ['audio/aac', 'audio/x-aac'], extensions: ['aac'] },
  // Containers: whether there is a film in one or only its sound, its first bytes may not tell.
  {
    types: ['audio/ogg', 'video/ogg', 'audio/opus', 'application/ogg'],
    extensions: ['ogg', 'oga', 'ogv', 'opus'],
  },
  {
    types: ['video/mp4', 'audio/mp4', 'video/x-m4v', 'audio/x-m4a', 'audio/m4a'],
    extensions: ['mp4', 'm4v', 'm4a', 'm4b'],
  },
  { types: ['video/webm', 'audio/webm'], extensions: ['webm', 'weba'] },
  { types: ['video/quicktime'], extensions: ['mov', 'qt'] },
]

const BY_TYPE = new Map(INLINE_KINDS.flatMap(kind => kind.types.map(type => [type, kind] as const)))

/** By a media type with or without parameters, whatever its case; undefined for what is not to be shown. */
export function inlineKindOf(type: string): InlineKind | undefined {
  const [plain = ''] = type.split(';', 1)
  return BY_TYPE.get(plain.trim().toLowerCase())
}
