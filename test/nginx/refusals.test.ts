import assert from 'node:assert/strict'
import { rename } from 'node:fs/promises'
import { after, before, describe, it } from 'node:test'
import { stage } from './stage.ts'

const MISSING = '/00000000000fffff/03d167f919308700?database=plain'
const PUBLIC = {
  'Cache-Control': 'public, max-age=86400',
  Expires: new Date(Date.now() + 86_400_000).toUTCString(),
}

describe('an error is kept by nobody, though the application lets blobs be kept:', () => {
  before(() => stage.application.says(PUBLIC))
  after(() => stage.application.says({}))

  const isForNobody = async (path: string, status: number, headers = {}) => {
    const answer = await stage.get(path, headers)
    assert.equal(answer.status, status)
    assert.match(String(answer.headers['cache-control']), /\bno-store\b/)
  }
  const isKeptByNobody = async (path: string, status: number) => {
    await isForNobody(path, status)
    assert.equal((await stage.getShared(path)).status, status)
  }

  for (const where of ['volume', 'cache', 'bucket'] as const)
    it(`that of an agent that was away, of a blob in the ${where}`, async () => {
      const { path } = await stage.plant('the blob', where)
      await stage.agent.stop()
      await isKeptByNobody(path, 502)
      await stage.agent.start()
      assert.equal((await stage.getShared(path)).status, where === 'bucket' ? 302 : 200)
    })

  it('that of an agent that went away before nginx could ask it again', async () => {
    const { path } = await stage.plant('the blob')
    const gone = `/_nice-blobs/v1/nginx-blobs/main/00/${'0'.repeat(16)}-${'0'.repeat(16)}.blob`
    stage.application.says({ ...PUBLIC, 'X-Accel-Redirect': gone })
    await stage.agent.stop()
    await isKeptByNobody(path, 502)
    await stage.agent.start()
    stage.application.says(PUBLIC)
    assert.equal((await stage.getShared(path)).status, 200)
  })

  it('the agent’s own, of what is missing or asked wrongly', async () => {
    await isKeptByNobody(MISSING, 404)
    const { path } = await stage.plant('the blob')
    await isKeptByNobody(`${path}&secret=1`, 400)
  })

  it('of a blob that came after it was asked for', async () => {
    const { path, file } = await stage.plant('the blob', 'volume', 'plain')
    await rename(file, `${file}.later`)
    await isKeptByNobody(path, 404)
    await rename(`${file}.later`, file)
    const { status, body } = await stage.getShared(path)
    assert.deepEqual([status, body.toString()], [200, 'the blob'])
  })

  it('of a part that there is not', async () => {
    const { path } = await stage.plant('the blob')
    await isForNobody(path, 416, { range: 'bytes=999-' })
    await isForNobody(`${path}&sendfile=off`, 416, { range: 'bytes=999-' })
  })

  it('that of an application with a disposition of its own', async () => {
    const { path } = await stage.plant('the blob')
    stage.application.says({ ...PUBLIC, 'Content-Disposition': 'inline' })
    await isKeptByNobody(path, 500)
    stage.application.says(PUBLIC)
    assert.equal((await stage.getShared(path)).status, 200)
  })
})
