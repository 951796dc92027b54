import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { PloneRefused } from './site.ts'

/** The wanted one, or any that nobody listens on at this moment. */
export async function freePort(wanted = 0): Promise<number> {
  const server = createServer().listen(wanted, '127.0.0.1')
  await once(server, 'listening').catch(() => {
    throw new PloneRefused(`The Plone site needs port ${wanted}, on which somebody listens`)
  })
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
