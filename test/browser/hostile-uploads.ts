import { deflateSync } from 'node:zlib'
import { fixtureOf } from './media.ts'
import { pngChunk } from './png-chunk.ts'

/** What somebody uploads who would like it to run in other people's browsers. */
export interface HostileUpload {
  readonly name: string
  readonly bytes: Buffer
  /** Under what type a careless server would have it. */
  readonly careless: string
}

/** Said on the console of whatever page runs it, which no policy can keep from being heard. */
export const CANARY = 'this ran'

const SAY = `console.log('${CANARY}')`
const SCRIPT = `<script>${SAY}</script>`
const PAGE = `<!doctype html><title>Mine</title><body onload="${SAY}">${SCRIPT}<img src="x:" onerror="${SAY}">`

const TEXTS: readonly (readonly [name: string, careless: string, text: string])[] = [
  ['page.html', 'text/html', PAGE],
  ['notes.txt', 'text/html', `Some notes\n${PAGE}`],
  ['page.xhtml', 'application/xhtml+xml', `<html xmlns="http://www.w3.org/1999/xhtml">${SCRIPT}</html>`],
  ['drawing.svg', 'image/svg+xml', `<svg xmlns="http://www.w3.org/2000/svg" onload="${SAY}">${SCRIPT}</svg>`],
  [
    'feed.xml',
    'text/xml',
    `<?xml version="1.0"?><feed><x:script xmlns:x="http://www.w3.org/1999/xhtml">${SAY}</x:script></feed>`,
  ],
  ['module.js', 'application/octet-stream', SAY],
  ['paper.pdf', 'text/html', `%PDF-1.4\n${PAGE}\n%%EOF`],
]

export const HOSTILE_UPLOADS: readonly HostileUpload[] = [
  ...TEXTS.map(([name, careless, text]) => ({ name, careless, bytes: Buffer.from(text) })),
  { name: 'utf-16.html', careless: 'text/html', bytes: Buffer.from(`\ufeff${PAGE}`, 'utf16le') },
  { name: 'script.gif', careless: 'application/octet-stream', bytes: gifAndScript() },
  { name: 'page.gif', careless: 'text/html', bytes: gifAndPage() },
  { name: 'page.png', careless: 'text/html', bytes: pngAndPage() },
  { name: 'page.jpg', careless: 'text/html', bytes: jpegAndPage() },
  { name: 'script.wav', careless: 'application/octet-stream', bytes: wavAndScript() },
]

/** `GIF89a` is a name to a script, and its width begins a comment. */
function gifAndScript(): Buffer {
  const pixel = Buffer.from([0x2c, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x44, 1, 0, 0x3b])
  const screen = Buffer.from([0x2f, 0x2a, 1, 0, 0x80, 0, 0, 0, 0, 0, 255, 255, 255])
  return Buffer.concat([Buffer.from('GIF89a'), screen, pixel, Buffer.from(`*/=1;${SAY}`)])
}

/** In a comment, before the only picture. */
function gifAndPage(): Buffer {
  const screen = Buffer.from([1, 0, 1, 0, 0x80, 0, 0, 0, 0, 0, 255, 255, 255])
  const text = Buffer.from(PAGE)
  const comment = Buffer.concat([Buffer.from([0x21, 0xfe, text.length]), text, Buffer.from([0])])
  const pixel = Buffer.from([0x2c, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x44, 1, 0, 0x3b])
  return Buffer.concat([Buffer.from('GIF89a'), screen, comment, pixel])
}

/** In a chunk of text, as any program that edits images writes one. */
function pngAndPage(): Buffer {
  const header = Buffer.from([0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0])
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    pngChunk('IHDR', header),
    pngChunk('tEXt', Buffer.from(`Comment\0${PAGE}`)),
    pngChunk('IDAT', deflateSync(Buffer.from([0, 255]))),
    pngChunk('IEND', Buffer.alloc(0)),
  ])
}

/** In a comment behind the first marker of a real photograph. */
function jpegAndPage(): Buffer {
  const photograph = fixtureOf('china-preview.jpg')
  const text = Buffer.from(PAGE)
  const comment = Buffer.alloc(4)
  comment.writeUInt16BE(0xfffe)
  comment.writeUInt16BE(text.length + 2, 2)
  return Buffer.concat([photograph.subarray(0, 2), comment, text, photograph.subarray(2)])
}

/** `RIFF` is a name to a script, and what should be its length begins a comment. */
function wavAndScript(): Buffer {
  const samples = Buffer.from(`*/;${SAY}`)
  const file = Buffer.alloc(44)
  file.write('RIFF=1/*WAVEfmt ')
  file.writeUInt32LE(16, 16)
  file.writeUInt16LE(1, 20)
  file.writeUInt16LE(1, 22)
  file.writeUInt32LE(44_100, 24)
  file.writeUInt32LE(88_200, 28)
  file.writeUInt16LE(2, 32)
  file.writeUInt16LE(16, 34)
  file.write('data', 36)
  file.writeUInt32LE(samples.length, 40)
  return Buffer.concat([file, samples])
}
