import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { pipeline } from 'node:stream/promises'
import { BlobMissing, type Blobs, parseRef, type Ref } from '../../client/index.ts'
import { formatBytes } from '../../core/model/quantity.ts'
import type { TrueBlob } from './fixture.ts'

const INLINE = new Set(['image/jpeg', 'image/png', 'image/webp', 'image/gif'])

/** A page with the photographs, each opened through the tiers when a browser asks for it. */
export async function serveGallery(
  blobs: Blobs,
  known: readonly TrueBlob[],
): Promise<{ url: string; close(): void }> {
  const server = createServer(async (request, response) => {
    try {
      const [, root, oid = '', tid = ''] = (request.url ?? '').split('/')
      if (root === '') sendPage(response, known)
      else if (root === 'blobs') await sendBlob(response, blobs, known, parseRef(`${oid}/${tid}`))
      else response.writeHead(404).end()
    } catch (error) {
      if (!response.headersSent) response.writeHead(error instanceof BlobMissing ? 404 : 503)
      response.end()
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const close = () => {
    server.close()
    server.closeAllConnections()
  }
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, close }
}

async function sendBlob(
  response: ServerResponse,
  blobs: Blobs,
  known: readonly TrueBlob[],
  ref: Ref,
): Promise<void> {
  const { tier } = await blobs.locate(ref)
  const file = await blobs.open(ref)
  const type = known.find(({ oid, tid }) => oid === ref.oid && tid === ref.tid)?.contentType ?? ''
  const inline = INLINE.has(type)
  response.writeHead(200, {
    'content-type': inline ? type : 'application/octet-stream',
    'content-disposition': inline ? 'inline' : 'attachment',
    'content-security-policy': "default-src 'none'; sandbox",
    'x-content-type-options': 'nosniff',
    'x-tier': tier,
  })
  await pipeline(file.createReadStream(), response)
}

function sendPage(response: ServerResponse, known: readonly TrueBlob[]): void {
  response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' })
  const figures = known.map(blob => {
    const url = `/blobs/${blob.oid}/${blob.tid}`
    const shown = INLINE.has(blob.contentType)
      ? `<img src="${url}" alt="" loading="lazy">`
      : '<span>document</span>'
    const caption = `${escapeHtml(blob.title)}, ${formatBytes(blob.size)}`
    return `<figure><a href="${url}">${shown}</a><figcaption>${caption}</figcaption></figure>`
  })
  response.end(`<!doctype html><html lang="en"><meta charset="utf-8"><title>nice-blobs: gallery</title>
<meta name="viewport" content="width=device-width">
<style>
  body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 72rem; padding: 0 1rem; color-scheme: light dark }
  main { display: grid; grid-template-columns: repeat(auto-fill, minmax(13rem, 1fr)); gap: 1rem }
  figure { margin: 0 } a { display: grid; place-items: center; aspect-ratio: 4 / 3; background: #8882; overflow: hidden }
  img { width: 100%; height: 100%; object-fit: cover } figcaption { font-size: .85rem }
</style>
<h1>${known.length} blobs, opened through the tiers</h1>
<p>Each was archived, verified and released; the header <code>x-tier</code> of every answer names the tier it came from.</p>
<main>${figures.join('\n')}</main></html>`)
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, character => `&#${character.charCodeAt(0)};`)
}
