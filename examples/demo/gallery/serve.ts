import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { pipeline } from 'node:stream/promises'
import { BlobMissing, type Blobs, formatRef, parseRef, type Ref } from '../../../client/index.ts'
import type { EdgeStage } from '../edge-stage.ts'
import type { TrueBlob } from '../fixture.ts'
import { type Collection, collectExhibition } from './exhibition.ts'
import { renderGallery, STYLE } from './page.ts'

const RECALLED = ['chelsea.png', 'dscovr-falcon-9.jpg']

/** The application: its page links to the edge, and its own route is for what is not archived yet. */
export async function serveGallery(stage: EdgeStage): Promise<{ url: string; close(): void }> {
  const { exhibits, volume } = stage
  const { young } = exhibits
  await recallSome(stage)
  const [photograph = young] = exhibits.photographs
  const expired = await stage.oldUrl(photograph)
  const blobs = stage.open()
  const collection: Collection = { urls: blobs, volume, exhibits, expired }
  const server = createServer(async (request, response) => {
    try {
      const [, root, oid = '', tid = ''] = (request.url ?? '').split('/')
      if (root === '') await sendPage(response, collection)
      else if (root === 'blobs') await sendBlob(response, blobs, young, parseRef(`${oid}/${tid}`))
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
    blobs.close()
  }
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, close }
}

/** So that the page has something of each tier. */
async function recallSome({ run, exhibits }: EdgeStage): Promise<void> {
  const recalled = exhibits.photographs.filter(({ filename }) => RECALLED.includes(filename))
  await run('recall', ...recalled.map(formatRef))
}

async function sendPage(response: ServerResponse, collection: Collection): Promise<void> {
  const exhibition = await collectExhibition(collection)
  const edge = new URL(exhibition.recording.shown.url).origin
  const style = createHash('sha256').update(STYLE).digest('base64')
  response.writeHead(200, {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': `default-src 'none'; style-src 'sha256-${style}'; img-src 'self' data: ${edge}; media-src ${edge}`,
    'cache-control': 'no-store',
  })
  response.end(renderGallery(exhibition))
}

/** As the edge answers, but for the young one alone: an application checks who asks for what. */
async function sendBlob(response: ServerResponse, blobs: Blobs, young: TrueBlob, ref: Ref): Promise<void> {
  if (ref.oid !== young.oid || ref.tid !== young.tid) {
    response.writeHead(404).end()
    return
  }
  const { tier } = await blobs.locate(ref)
  const file = await blobs.open(ref)
  response.writeHead(200, {
    'content-type': young.contentType,
    'content-disposition': 'inline',
    'content-security-policy': "default-src 'none'; sandbox",
    'x-content-type-options': 'nosniff',
    'x-tier': tier,
  })
  await pipeline(file.createReadStream(), response)
}
