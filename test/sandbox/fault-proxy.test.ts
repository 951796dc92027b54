import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { request } from 'node:http'
import { connect } from 'node:net'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb'
import { HeadObjectCommand, ListObjectsV2Command, UploadPartCommand } from '@aws-sdk/client-s3'
import fc from 'fast-check'
import { bySchedule, bySeed, type Exchange } from '../../sandbox/fault-proxy/choose.ts'
import { ERROR_STATUS, EVERY_FAULT, type Fault } from '../../sandbox/fault-proxy/fault.ts'
import type { FaultProxy } from '../../sandbox/fault-proxy/proxy.ts'
import { clientOf } from './stand-in.ts'
import { BODY, exchangeBytes, look, type Question, SERVED_HEADERS, type Seen, through } from './through.ts'

const HALF = BODY.length / 2
const REQUEST = randomBytes(1000)
const PUT: Question = { method: 'PUT', body: REQUEST }

/** The faults that were made, without those that were not. */
function made(proxy: FaultProxy): Record<string, number> {
  return Object.fromEntries(Object.entries(proxy.faultsMade()).filter(([, count]) => count > 0))
}

const lengthOf = ({ headers }: Seen) => Number(headers['content-length'])

/** The places where two bodies of one length differ. */
function differences(one: Buffer, other: Buffer): number[] {
  assert.equal(one.length, other.length)
  return [...one.keys()].filter(at => one[at] !== other[at])
}

test('passes an exchange as it is when no fault is chosen', async t => {
  const { proxy, target, served } = await through(t, [])
  const odd = 'POST /a%2Fb/../c?x=%20 HTTP/1.1\r\nHOST: photos.example:80\r\nX-Twice: 1\r\nx-twice: 2\r\n'
  const bytes = `${odd}Content-Length: 5\r\nConnection: close\r\n\r\nhello`
  assert.equal(await exchangeBytes(proxy.endpoint, bytes), await exchangeBytes(target, bytes))
  const [passed, direct] = served.map(({ incoming, body }) => ({
    line: [incoming.method, incoming.url],
    headers: incoming.rawHeaders.filter((_, i, all) => all[i - (i % 2)] !== 'Connection'),
    body: body.toString(),
  }))
  assert.deepEqual(passed, direct)
  assert.deepEqual([proxy.exchanges(), made(proxy)], [1, {}])
})

test('has a connection to the server for each exchange, and none between them', async t => {
  const { proxy, sockets } = await through(t, [])
  for (let count = 1; count <= 3; count++) {
    assert.equal((await look(proxy.endpoint)).status, 200)
    assert.equal(sockets.length, count)
  }
  await Promise.all(sockets.map(socket => socket.closed || once(socket, 'close')))
})

test('passes 64 MiB both ways byte for byte', async t => {
  const { proxy } = await through(t, [], (incoming, response) => incoming.pipe(response))
  const block = randomBytes(2 ** 20 + 7)
  const sent = createHash('sha256')
  const blocks = Readable.from(
    (function* () {
      for (let count = 0; count < 64; count++) {
        sent.update(block)
        yield block
      }
    })(),
  )
  const outgoing = request(proxy.endpoint, { method: 'PUT', headers: { expect: '100-continue' } })
  outgoing.on('continue', () => blocks.pipe(outgoing))
  const [answer] = await once(outgoing, 'response')
  const received = createHash('sha256')
  let length = 0
  for await (const chunk of answer) {
    received.update(chunk)
    length += chunk.length
  }
  assert.equal(length, 64 * block.length)
  assert.equal(received.digest('hex'), sent.digest('hex'))
})

for (const moment of ['before', 'after'] as const) {
  for (const [name, status] of Object.entries(ERROR_STATUS) as [keyof typeof ERROR_STATUS, number][]) {
    test(`answers ${status} ${name} ${moment} the server did its work`, async t => {
      const fault = { name, moment }
      const { proxy, served } = await through(t, [fault, fault, fault])
      const xml = await look(proxy.endpoint, PUT)
      assert.deepEqual([xml.status, /<Code>(.*)<\/Code>/.exec(xml.body.toString())?.[1]], [status, name])
      const json = await look(proxy.endpoint, { ...PUT, headers: { 'x-amz-target': 'D_1.PutItem' } })
      assert.deepEqual([json.status, JSON.parse(json.body.toString()).__type.split('#')[1]], [status, name])
      const head = await look(proxy.endpoint, { method: 'HEAD' })
      assert.deepEqual([head.status, head.body.length, head.ending], [status, 0, 'end'])
      assert.deepEqual(
        served.map(({ body }) => body.length),
        moment === 'before' ? [] : [1000, 1000, 0],
      )
      assert.deepEqual(made(proxy), { [name]: 3 })
    })
  }

  test(`resets the connection ${moment} the server did its work`, async t => {
    const { proxy, served } = await through(t, [{ name: 'reset', moment }])
    const seen = await look(proxy.endpoint, PUT)
    assert.deepEqual([seen.status, seen.body.length, seen.ending], [0, 0, 'ECONNRESET'])
    assert.equal(served.length, moment === 'before' ? 0 : 1)
    assert.deepEqual(made(proxy), { reset: 1 })
  })

  test(`never answers ${moment} the server did its work, until it is closed`, async t => {
    const { proxy, served } = await through(t, [{ name: 'stall', moment }])
    let answered = false
    const stalled = look(proxy.endpoint, PUT).finally(() => {
      answered = true
    })
    while (made(proxy).stall !== 1) await turn()
    assert.equal(served.length, moment === 'before' ? 0 : 1)
    assert.equal((await look(proxy.endpoint)).status, 200)
    assert.equal(answered, false)
    await proxy.close()
    assert.equal((await stalled).status, 0)
  })
}

test('resets the connection in the middle of the answer’s body', async t => {
  const { proxy } = await through(t, [{ name: 'resetInBody' }])
  const seen = await look(proxy.endpoint)
  assert.deepEqual([seen.status, lengthOf(seen), seen.ending], [200, BODY.length, 'ECONNRESET'])
  assert.deepEqual(seen.body, BODY.subarray(0, HALF))
})

test('sends the head before it breaks off in a body of a single byte', async t => {
  const { proxy } = await through(t, [{ name: 'resetInBody' }, { name: 'shortBody' }])
  for (const expected of ['ECONNRESET', 'end']) {
    const seen = await look(proxy.endpoint, { path: '/one-byte' })
    assert.deepEqual([seen.status, lengthOf(seen), seen.body.length, seen.ending], [200, 1, 0, expected])
  }
})

test('loses an answer only when it has come to its end, as the server may be at work until then', async t => {
  let done = false
  const { proxy } = await through(t, [{ name: 'reset', moment: 'after' }], async (_, response) => {
    response.write('the first half')
    for (let turns = 0; turns < 100; turns++) await turn()
    done = true
    response.end('the other')
  })
  assert.equal((await look(proxy.endpoint)).ending, 'ECONNRESET')
  assert.ok(done)
})

test('never goes on in the middle of the answer’s body', async t => {
  const { proxy } = await through(t, [{ name: 'stallInBody' }])
  const outgoing = request(proxy.endpoint).end()
  const [answer] = await once(outgoing, 'response')
  let body = Buffer.alloc(0)
  answer.on('data', (chunk: Buffer) => {
    body = Buffer.concat([body, chunk])
  })
  const broken = once(answer, 'error')
  while (body.length < HALF) await turn()
  assert.equal((await look(proxy.endpoint)).status, 200)
  assert.equal(answer.readableEnded, false)
  await proxy.close()
  await broken
  assert.deepEqual(body, BODY.subarray(0, HALF))
})

test('ends in order after fewer bytes than it announced', async t => {
  const { proxy } = await through(t, [{ name: 'shortBody' }])
  const seen = await look(proxy.endpoint)
  assert.deepEqual([seen.status, lengthOf(seen), seen.ending], [200, BODY.length, 'end'])
  assert.deepEqual(seen.body, BODY.subarray(0, HALF))
})

test('announces and sends fewer bytes than the server did', async t => {
  const { proxy } = await through(t, [{ name: 'shortAnswer' }])
  const seen = await look(proxy.endpoint)
  assert.deepEqual([seen.status, lengthOf(seen), seen.ending], [200, HALF, 'end'])
  assert.deepEqual(seen.body, BODY.subarray(0, HALF))
})

test('announces and sends more bytes than the server did, also where it sent none', async t => {
  const { proxy } = await through(t, [{ name: 'longAnswer' }, { name: 'longAnswer' }])
  for (const [path, body] of [['/a', BODY] as const, ['/empty', Buffer.alloc(0)] as const]) {
    const seen = await look(proxy.endpoint, { path })
    assert.ok(seen.body.length > body.length)
    assert.deepEqual([lengthOf(seen), seen.ending], [seen.body.length, 'end'])
    assert.deepEqual(seen.body.subarray(0, body.length), body)
  }
  assert.deepEqual(made(proxy), { longAnswer: 2 })
})

test('lets the answer’s body trickle', async t => {
  const { proxy } = await through(t, [{ name: 'slowBody', piece: 30, pause: 10 }])
  const started = performance.now()
  const seen = await look(proxy.endpoint)
  assert.deepEqual(seen.body, BODY)
  // Ten pieces; a timer may be a part of a millisecond early.
  assert.ok(performance.now() - started > 90)
  assert.deepEqual(made(proxy), { slowBody: 1 })
})

test('flips one bit in the middle of the answer’s body', async t => {
  const { proxy } = await through(t, [{ name: 'flippedAnswer' }])
  const seen = await look(proxy.endpoint)
  assert.deepEqual(differences(seen.body, BODY), [HALF])
  assert.equal(seen.body[HALF], (BODY[HALF] ?? 0) ^ 1)
  assert.equal((await look(proxy.endpoint)).body.compare(BODY), 0)
})

test('flips one bit in the middle of the request’s body', async t => {
  const { proxy, served } = await through(t, [{ name: 'flippedRequest' }])
  const seen = await look(proxy.endpoint, PUT)
  assert.deepEqual(seen.body, BODY)
  assert.deepEqual(differences(served[0]?.body ?? BODY, REQUEST), [REQUEST.length / 2])
  assert.deepEqual(made(proxy), { flippedRequest: 1 })
})

test('changes checksums or metadata and nothing else', async t => {
  const { proxy } = await through(t, [{ name: 'wrongChecksum' }, { name: 'wrongMetadata' }])
  const changed = ({ headers }: Seen) =>
    Object.entries(SERVED_HEADERS).flatMap(([name, value]) => (headers[name] === value ? [] : headers[name]))
  assert.deepEqual(changed(await look(proxy.endpoint)), ['"1a1b2c"', '+/1KSs='])
  assert.deepEqual(changed(await look(proxy.endpoint, { method: 'HEAD' })), ['000d'])
})

test('makes every fault of an exchange that has bodies, and counts it once', async t => {
  for (const fault of EVERY_FAULT) {
    const { proxy } = await through(t, [fault])
    const seen = look(proxy.endpoint, PUT)
    while (made(proxy)[fault.name] !== 1) await turn()
    assert.deepEqual((await look(proxy.endpoint)).body, BODY, `after ${fault.name}`)
    assert.deepEqual([made(proxy), proxy.exchanges()], [{ [fault.name]: 1 }, 2])
    await proxy.close()
    await seen
  }
})

test('loses the answer that has no body to break off in, and counts nothing where nothing can be spoiled', async t => {
  const expected: Record<string, Record<string, number>> = {
    resetInBody: { reset: 1 },
    stallInBody: { stall: 1 },
    shortBody: { reset: 1 },
    shortAnswer: { shortAnswer: 1 },
    longAnswer: { longAnswer: 1 },
    flippedAnswer: {},
    flippedRequest: {},
    wrongChecksum: { wrongChecksum: 1 },
    wrongMetadata: { wrongMetadata: 1 },
    slowBody: {},
  }
  for (const fault of EVERY_FAULT.filter(({ name }) => name in expected)) {
    const { proxy, served } = await through(t, [fault])
    const seen = look(proxy.endpoint, { method: 'HEAD' })
    while (served.length === 0) await turn()
    if (fault.name === 'stallInBody') {
      while (made(proxy).stall !== 1) await turn()
      await proxy.close()
    }
    const { status, headers, ending } = await seen
    assert.deepEqual(made(proxy), expected[fault.name], fault.name)
    assert.equal(status, made(proxy).reset || made(proxy).stall ? 0 : 200, fault.name)
    if (made(proxy).reset) assert.equal(ending, 'ECONNRESET')
    if (fault.name === 'shortAnswer') assert.equal(headers['content-length'], String(HALF))
    if (fault.name === 'longAnswer') assert.ok(Number(headers['content-length']) > BODY.length)
  }
})

test('tells the chooser what the exchange is', async t => {
  const told: Exchange[] = []
  const { proxy } = await through(t, exchange => {
    told.push(exchange)
    return { name: 'SlowDown', moment: 'before' }
  })
  const s3 = clientOf(proxy.endpoint)
  const credentials = { accessKeyId: 'any', secretAccessKey: 'any' }
  const dynamo = new DynamoDBClient({
    endpoint: proxy.endpoint,
    region: 'us-east-1',
    credentials,
    maxAttempts: 1,
  })
  const at = { Bucket: 'photos', Key: 'a b' }
  const commands = [
    s3.send(new HeadObjectCommand(at)),
    s3.send(new ListObjectsV2Command({ Bucket: 'photos', Prefix: 'a' })),
    s3.send(new UploadPartCommand({ ...at, UploadId: 'u', PartNumber: 1, Body: 'x' })),
    dynamo.send(new GetItemCommand({ TableName: 'index', Key: {} })),
  ]
  for (const { status } of await Promise.allSettled(commands)) assert.equal(status, 'rejected')
  await look(proxy.endpoint, { method: 'PATCH', path: '/%' })
  told.sort((one, other) => (one.action ?? 'z').localeCompare(other.action ?? 'z'))
  assert.deepEqual(told.map(({ number }) => number).sort(), [1, 2, 3, 4, 5])
  assert.deepEqual(
    told.map(({ number: _, ...exchange }) => Object.values(exchange)),
    [
      ['POST', '/', 'GetItem'],
      ['HEAD', '/photos/a%20b', 'HeadObject'],
      ['GET', '/photos/', 'ListObjectsV2'],
      ['PUT', '/photos/a%20b', 'UploadPart'],
      ['PATCH', '/%', undefined],
    ],
  )
})

const exchangeNumber = (number: number): Exchange => ({ number, method: 'GET', path: '/', action: undefined })
const namesOf = (choose: (exchange: Exchange) => Fault | undefined, count: number) =>
  Array.from({ length: count }, (_, i) => choose(exchangeNumber(i + 1))?.name)

test('goes by the schedule and makes no fault behind its end', () => {
  const schedule = bySchedule([{ name: 'shortBody' }, undefined, { name: 'longAnswer' }])
  assert.deepEqual(namesOf(schedule, 5), ['shortBody', undefined, 'longAnswer', undefined, undefined])
})

test('goes by the seed, whatever else is asked before', () => {
  // As any mulberry32 has it, so that a seed that found something keeps finding it.
  const ofOne = ['longAnswer', undefined, 'longAnswer', undefined, undefined, 'shortBody', 'shortBody']
  assert.deepEqual(namesOf(bySeed(1, 0.5, [{ name: 'shortBody' }, { name: 'longAnswer' }]), 7), ofOne)
  fc.assert(
    fc.property(fc.integer(), fc.array(fc.integer({ min: 1, max: 10_000 })), (seed, numbers) => {
      const choose = bySeed(seed, 0.5, EVERY_FAULT)
      const decisions = numbers.map(number => choose(exchangeNumber(number)))
      const again = [...numbers]
        .reverse()
        .map(number => bySeed(seed, 0.5, EVERY_FAULT)(exchangeNumber(number)))
      assert.deepEqual(again.reverse(), decisions)
    }),
  )
})

test('chooses the wanted share of the exchanges, and each fault of them', () => {
  fc.assert(
    fc.property(fc.integer(), seed => {
      const chosen = (share: number) => namesOf(bySeed(seed, share, EVERY_FAULT), 2000).filter(Boolean)
      assert.deepEqual([chosen(0).length, chosen(1).length], [0, 2000])
      const some = chosen(0.25)
      assert.ok(some.length > 400 && some.length < 600, `${some.length} of 2000`)
      assert.equal(new Set(chosen(1)).size, new Set(EVERY_FAULT.map(({ name }) => name)).size)
    }),
    { numRuns: 20 },
  )
})

const LAST_REQUEST = 'GET /b HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'

test('takes the rest of a refused body away before the next request of the connection', async t => {
  const { proxy } = await through(t, [{ name: 'SlowDown', moment: 'before' }])
  const first = 'PUT /a HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nGET /evil'
  const answers = await exchangeBytes(proxy.endpoint, first + LAST_REQUEST)
  assert.deepEqual(answers.match(/HTTP\/1\.1 \d+/g), ['HTTP/1.1 503', 'HTTP/1.1 200'])
})

test('passes a refusal that comes before the body has', async t => {
  const { proxy } = await through(t, [], ({ method }, response) => {
    response.writeHead(method === 'PUT' ? 412 : 200, { 'content-length': 0 }).end()
  })
  const body = 'x'.repeat(10_000_000)
  const first = `PUT /a HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n${body}`
  const answers = await exchangeBytes(proxy.endpoint, first + LAST_REQUEST)
  assert.deepEqual(answers.match(/HTTP\/1\.1 \d+/g), ['HTTP/1.1 412', 'HTTP/1.1 200'])
})

test('takes away what a server left of a body when it closed its connection', async t => {
  const { proxy } = await through(t, [], (incoming, response) => {
    const close = { connection: 'close', 'content-length': 0 }
    if (incoming.method === 'GET') response.end()
    else incoming.once('data', () => response.writeHead(403, close).end())
  })
  const client = connect(Number(new URL(proxy.endpoint).port), '127.0.0.1')
  client.write('PUT /a HTTP/1.1\r\nHost: a\r\nContent-Length: 8\r\n\r\nhalf')
  assert.match(String(await once(client, 'data')), /^HTTP\/1\.1 403/)
  client.write(`half${LAST_REQUEST}`)
  assert.match(String(await once(client, 'data')), /^HTTP\/1\.1 200/)
  client.destroy()
})

test('closes the connection of a client that it refused without asking for its body', async t => {
  const { proxy } = await through(t, [{ name: 'SlowDown', moment: 'before' }])
  const head = 'PUT /a HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n'
  assert.match(await exchangeBytes(proxy.endpoint, head), /^HTTP\/1\.1 503 .*Connection: close/s)
})

test('lets the client notice a server that is gone, and the server a client that is', async t => {
  let half = () => {}
  const reached = new Promise<void>(resolve => {
    half = resolve
  })
  let cut = (_: unknown) => {}
  const noticed = new Promise(resolve => {
    cut = resolve
  })
  const { proxy } = await through(t, [], (incoming, response) => {
    if (incoming.method === 'GET') response.socket?.destroy()
    incoming.on('data', half).on('error', cut)
  })
  assert.deepEqual([(await look(proxy.endpoint)).status, made(proxy)], [0, {}])
  const socket = connect(Number(new URL(proxy.endpoint).port), '127.0.0.1')
  socket.write('PUT /a HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhalf')
  await reached
  socket.destroy()
  assert.match(String(await noticed), /aborted/)
})

test('leaves nothing open when it is closed', async t => {
  const schedule: Fault[] = [
    { name: 'stall', moment: 'before' },
    { name: 'stall', moment: 'after' },
    { name: 'stallInBody' },
    { name: 'slowBody', piece: 1, pause: 100_000 },
  ]
  const { proxy, sockets } = await through(t, schedule)
  const timers = () => process.getActiveResourcesInfo().filter(name => name === 'Timeout').length
  const timersBefore = timers()
  const looks = schedule.map(() => look(proxy.endpoint, PUT))
  assert.equal((await look(proxy.endpoint)).status, 200)
  while (Object.values(made(proxy)).reduce((sum, count) => sum + count, 0) < schedule.length) await turn()
  await proxy.close()
  for (const { ending } of await Promise.all(looks)) assert.match(ending, /end|ECONNRESET/)
  await Promise.all(sockets.map(socket => socket.closed || once(socket, 'close')))
  assert.equal((await look(proxy.endpoint)).ending, 'ECONNREFUSED')
  assert.ok(timers() <= timersBefore, 'the pause of the slow body has ended with it')
})
