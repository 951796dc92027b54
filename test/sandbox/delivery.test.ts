import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { PutObjectCommand } from '@aws-sdk/client-s3'
import { objectAttributes } from '../../core/aws/s3-object.ts'
import { type PublicKey, parsePublicKey } from '../../core/model/public-key.ts'
import { readDistributions } from '../../sandbox/edge/read-distribution.ts'
import { type StackEdges, startStackEdges } from '../../sandbox/edge/stack-edges.ts'
import { readAssembly, type StackTemplate } from '../../sandbox/functions/assembly.ts'
import { synthesize } from '../../sandbox/functions/synthesize.ts'
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts'
import { codeIn, get, signCanned } from './edge-setting.ts'
import { clientOf, temporaryDirectory } from './stand-in.ts'

const PROJECT = fileURLToPath(new URL('../..', import.meta.url))
const BUCKET = 'delivered-blobs'
const BLOB = '00000000000004d2/03d167f919308700'
const DATABASES = ['main', 'other'] as const
type Database = (typeof DATABASES)[number]

function makePair() {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
  const line = publicKey.export({ type: 'spki', format: 'der' }).toString('base64')
  const { name } = parsePublicKey(line) as PublicKey
  return { key: privateKey, line, name }
}

/** Each test goes on from where the one before it ended. */
describe('what is deployed for browsers', () => {
  const pairs = { main: makePair(), other: makePair(), next: makePair() }
  let directory: string
  let sandbox: Sandbox
  let edges: StackEdges
  let assembly: string
  let deployments = 0

  async function synthesizeFor(keys: Readonly<Record<string, readonly { line: string }[]>>): Promise<string> {
    const config = join(directory, `deploy-${++deployments}.json`)
    const output = join(directory, `cdk-${deployments}.out`)
    const databases = Object.fromEntries(
      Object.entries(keys).map(([name, pairs]) => [name, { publicKeys: pairs.map(({ line }) => line) }]),
    )
    const there = { bucket: { name: BUCKET, region: sandbox.region }, index: { table: 'delivered-index' } }
    const stack = { delivery: { databases } }
    writeFileSync(config, JSON.stringify({ ...there, databases: { main: {}, other: {} }, stack }))
    await synthesize(PROJECT, output, { config })
    return output
  }

  before(async () => {
    directory = await temporaryDirectory()
    sandbox = await startSandbox({
      directory: join(directory, 'here'),
      bucket: BUCKET,
      table: 'delivered-index',
    })
    assembly = await synthesizeFor({ main: [pairs.main], other: [pairs.other] })
    edges = await startStackEdges(sandbox, assembly)
    const client = clientOf(sandbox.bucketEndpoint, sandbox.region, sandbox.credentials)
    for (const database of DATABASES)
      await client.send(
        new PutObjectCommand({
          ...{ Bucket: BUCKET, Key: `blobs/${database}/${BLOB}`, Body: database },
          ...objectAttributes({ size: 0, sha256: '', contentType: 'text/plain' }),
        }),
      )
    client.destroy()
  })
  after(async () => {
    await edges.close()
    await sandbox.close()
  })

  const outputs = () => {
    const { ClientConfiguration = '', SigningKeys = '' } = edges.outputs['nice-blobs'] ?? {}
    return { config: JSON.parse(ClientConfiguration), signingKeys: JSON.parse(SigningKeys) }
  }
  const idOf = (database: Database, pair: { name: string }) => outputs().signingKeys[database][pair.name]
  const urlOf = (edge: Database, blob: Database = edge) =>
    `${edges.byDatabase.get(edge)?.url}/blobs/${blob}/${BLOB}?response-content-disposition=inline`

  it('opens a URL that the key of its database has signed, with the headers of the template', async () => {
    for (const database of DATABASES) {
      const signed = signCanned(urlOf(database), {
        key: pairs[database].key,
        id: idOf(database, pairs[database]),
      })
      const whole = await get(signed)
      const part = await get(signed, { range: 'bytes=1-2' })
      const known = await get(signed, { 'if-none-match': String(whole.headers.etag) })
      assert.equal(whole.body.toString(), database)
      assert.deepEqual([whole.status, part.status, known.status], [200, 206, 304])
      for (const { headers } of [whole, part, known]) {
        assert.match(String(headers['content-security-policy']), /^default-src 'none'; .*sandbox/)
        assert.equal(headers['x-content-type-options'], 'nosniff')
        assert.equal(headers['referrer-policy'], 'no-referrer')
        assert.equal(headers['cross-origin-resource-policy'], 'cross-origin')
        assert.match(String(headers['cache-control']), /^private, max-age=\d+, immutable$/)
        assert.match(String(headers['strict-transport-security']), /^max-age=\d+/)
      }
    }
  })

  it('lets browsers keep no error, which may have passed a moment later', async () => {
    const main = { key: pairs.main.key, id: idOf('main', pairs.main) }
    const { status, headers } = await get(signCanned(urlOf('main').replace('19308700', '19308701'), main))
    assert.deepEqual([status, headers['cache-control']], [403, undefined])
    assert.match(String(headers['content-security-policy']), /sandbox/)
  })

  it('refuses the key of another database, and every other database’s blobs (I9)', async () => {
    const main = { key: pairs.main.key, id: idOf('main', pairs.main) }
    const foreign = await get(signCanned(urlOf('other'), main))
    assert.deepEqual([foreign.status, codeIn(foreign)], [403, 'InvalidKey'])
    const named = await get(signCanned(urlOf('other'), { ...main, id: idOf('other', pairs.other) }))
    assert.deepEqual([named.status, codeIn(named)], [403, 'AccessDenied'])
    const across = await get(signCanned(urlOf('main', 'other'), main))
    assert.deepEqual([across.status, codeIn(across)], [403, 'AccessDenied'])
  })

  it('tells the hosts where the edges are, and by which ids they know the keys', () => {
    const file = join(directory, 'cdk-outputs.json')
    edges.writeOutputs(file)
    assert.deepEqual(JSON.parse(readFileSync(file, 'utf8')), edges.outputs)
    const { config, signingKeys } = outputs()
    const distributions = readDistributions(readAssembly(assembly), sandbox)
    for (const database of DATABASES) {
      assert.equal(config.databases[database].delivery.edge, edges.byDatabase.get(database)?.url)
      assert.deepEqual(
        Object.values(signingKeys[database]),
        Object.keys(distributions.get(database)?.publicKeys ?? {}),
      )
      assert.ok(sandbox.secrets.has(config.databases[database].delivery.signingKeys))
    }
  })

  it('keeps edges and ids over a deployment, lets a key go and another in, and closes what is no more', async () => {
    const before = { url: urlOf('main'), id: idOf('main', pairs.main), other: urlOf('other') }
    await edges.deploy(await synthesizeFor({ main: [pairs.main, pairs.next] }))
    assert.deepEqual([urlOf('main'), idOf('main', pairs.main)], [before.url, before.id])
    const old = signCanned(before.url, { key: pairs.main.key, id: before.id })
    const next = signCanned(before.url, { key: pairs.next.key, id: idOf('main', pairs.next) })
    assert.deepEqual([(await get(old)).status, (await get(next)).status], [200, 200])
    assert.deepEqual([...edges.byDatabase.keys()], ['main'])
    await assert.rejects(get(before.other), { code: 'ECONNREFUSED' })
    await edges.deploy(await synthesizeFor({ main: [pairs.next] }))
    assert.deepEqual([codeIn(await get(old)), (await get(next)).status], ['InvalidKey', 200])
  })

  type Properties = Record<string, unknown>
  const refused: readonly [
    what: string,
    type: string,
    change: (properties: Properties) => void,
    message: RegExp,
  ][] = [
    [
      'no key group',
      'Distribution',
      ({ DistributionConfig: config }) => delete behavior(config).TrustedKeyGroups,
      /anybody/,
    ],
    [
      'compression',
      'Distribution',
      ({ DistributionConfig: config }) => (behavior(config).Compress = true),
      /compresses/,
    ],
    [
      'HTTP',
      'Distribution',
      ({ DistributionConfig: config }) => (behavior(config).ViewerProtocolPolicy = 'allow-all'),
      /HTTPS/,
    ],
    [
      'a function',
      'Distribution',
      ({ DistributionConfig: config }) => (behavior(config).FunctionAssociations = []),
      /FunctionAssociations/,
    ],
    [
      'other behaviors',
      'Distribution',
      ({ DistributionConfig: config }) => ((config as Properties).CacheBehaviors = []),
      /CacheBehaviors/,
    ],
    [
      'all of a query',
      'CachePolicy',
      properties => (queries(properties).QueryStringBehavior = 'all'),
      /lists of what may be/,
    ],
    [
      'CORS',
      'ResponseHeadersPolicy',
      ({ ResponseHeadersPolicyConfig: config }) => ((config as Properties).CorsConfig = {}),
      /CorsConfig/,
    ],
  ]
  for (const [what, type, change, message] of refused) {
    it(`refuses a template with ${what}, which the edge would not follow`, () => {
      const stacks = changed(assembly, `AWS::CloudFront::${type}`, change)
      assert.throws(() => readDistributions(stacks, sandbox), { message })
    })
  }

  it('refuses a bucket policy that lets an edge read more than the blobs of one database', () => {
    const statements = (properties: Properties) =>
      (
        properties.PolicyDocument as {
          Statement: { Principal: { Service?: string }; Condition?: unknown; Resource: unknown }[]
        }
      ).Statement
    for (const change of ['Condition', 'Resource'] as const) {
      const stacks = changed(assembly, 'AWS::S3::BucketPolicy', properties => {
        for (const statement of statements(properties)) {
          if (statement.Principal.Service !== 'cloudfront.amazonaws.com') continue
          if (change === 'Condition') delete statement.Condition
          else statement.Resource = `arn:aws:s3:::${BUCKET}/*`
        }
      })
      assert.throws(() => readDistributions(stacks, sandbox), /and not the blobs of one database/)
    }
  })
})

type Settings = Record<string, unknown>
const behavior = (config: unknown) => (config as { DefaultCacheBehavior: Settings }).DefaultCacheBehavior

function queries({ CachePolicyConfig: config }: Settings): Settings {
  const { ParametersInCacheKeyAndForwardedToOrigin: parts } = config as Record<
    string,
    Record<string, Settings>
  >
  return parts?.QueryStringsConfig ?? {}
}

/** The templates, with each resource of this type changed. */
function changed(assembly: string, type: string, change: (properties: Settings) => void): StackTemplate[] {
  const stacks = readAssembly(assembly)
  for (const { resources } of stacks)
    for (const { Type, Properties } of Object.values(resources))
      if (Type === type && Properties) change(Properties)
  return stacks
}
