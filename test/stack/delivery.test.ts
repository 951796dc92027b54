import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { signingKeysName } from '../../core/model/signing-keys.ts'
import { nameOfKey, newPublicKey } from '../unit/public-keys.ts'
import { only, PLACE, withStack } from './around-function.ts'
import { DOMAIN, WEB_ACL } from './delivered.ts'
import { cloudFrontId } from './resolve.ts'
import { EXAMPLE, ofType, type Resource, synthesize, type Template } from './synthesize.ts'

const [FIRST, SECOND, THIRD] = [newPublicKey(), newPublicKey('rsa'), newPublicKey()] as const
const DATABASES = { main: {}, 'main-old': {}, apart: {} }

function deliver(databases: object, more: object = {}, config: object = {}): Template {
  return withStack({ delivery: { databases, ...more } }, { databases: DATABASES, ...config })
}

const template = deliver({
  main: { publicKeys: [FIRST, SECOND] },
  'main-old': { publicKeys: [THIRD] },
})

const isOf = (database: string) => (_: string, properties: Resource['Properties']) =>
  properties.DistributionConfig.Comment.endsWith(` ${database}`)

function edgeOf(from: Template, database: string) {
  const { id, Properties, ...rest } = only(from, 'AWS::CloudFront::Distribution', isOf(database))
  return { id, ...rest, config: Properties.DistributionConfig }
}

const jsonOf = (from: Template, output: string) => JSON.parse(String(from.Outputs?.[output]?.Value))

/** Of the bucket of blobs. */
function readersOf(from: Template) {
  const { Properties } = only(from, 'AWS::S3::BucketPolicy', (_, { Bucket }) => Bucket === 'example-blobs')
  return Properties.PolicyDocument.Statement.filter(({ Effect }: { Effect: string }) => Effect === 'Allow')
}

describe('an edge', () => {
  const { config } = edgeOf(template, 'main')
  const behavior = config.DefaultCacheBehavior

  it('answers nothing without a signature by a key of its database, over HTTPS alone, with HTTP/3', () => {
    const group = only(template, 'AWS::CloudFront::KeyGroup', id => id.startsWith('EdgemainKeys'))
    assert.deepEqual(behavior.TrustedKeyGroups, [cloudFrontId(group.id)])
    assert.equal(config.CacheBehaviors, undefined)
    assert.equal(behavior.TrustedSigners, undefined)
    assert.deepEqual(
      [behavior.ViewerProtocolPolicy, config.HttpVersion, config.Enabled],
      ['https-only', 'http2and3', true],
    )
    assert.deepEqual(behavior.AllowedMethods, ['GET', 'HEAD'])
    assert.equal(behavior.Compress, false)
  })

  it('has the disposition of a query and nothing else in its cache, and passes nothing else on', () => {
    const { Properties } = only(template, 'AWS::CloudFront::CachePolicy')
    const { ParametersInCacheKeyAndForwardedToOrigin: parameters, ...lives } = Properties.CachePolicyConfig
    assert.equal(behavior.CachePolicyId, cloudFrontId(only(template, 'AWS::CloudFront::CachePolicy').id))
    assert.deepEqual(parameters, {
      QueryStringsConfig: {
        QueryStringBehavior: 'whitelist',
        QueryStrings: ['response-content-disposition'],
      },
      HeadersConfig: { HeaderBehavior: 'none' },
      CookiesConfig: { CookieBehavior: 'none' },
      EnableAcceptEncodingBrotli: false,
      EnableAcceptEncodingGzip: false,
    })
    assert.deepEqual([lives.MinTTL, lives.DefaultTTL, lives.MaxTTL], [31_536_000, 31_536_000, 31_536_000])
    assert.equal(behavior.OriginRequestPolicyId, undefined)
  })

  it('tells browsers to run nothing and to guess nothing', () => {
    const policy = only(template, 'AWS::CloudFront::ResponseHeadersPolicy')
    const { SecurityHeadersConfig, CustomHeadersConfig } = policy.Properties.ResponseHeadersPolicyConfig
    assert.equal(behavior.ResponseHeadersPolicyId, cloudFrontId(policy.id))
    const { ContentSecurityPolicy, ...others } = SecurityHeadersConfig
    // Which of it browsers need to show a film, test/browser finds out; what they must not do holds here too.
    assert.equal(ContentSecurityPolicy.Override, true)
    const directives = ContentSecurityPolicy.ContentSecurityPolicy.split('; ')
    assert.ok(directives.includes("default-src 'none'"))
    const sandbox = directives.find((directive: string) => directive.startsWith('sandbox'))
    assert.match(sandbox, /^sandbox( allow-same-origin)?$/)
    assert.doesNotMatch(directives.join(), /script|object|frame-src|connect|form-action|\*|https?:|data:/)
    assert.deepEqual(others, {
      ContentTypeOptions: { Override: true },
      ReferrerPolicy: { ReferrerPolicy: 'no-referrer', Override: true },
      StrictTransportSecurity: { AccessControlMaxAgeSec: 31_536_000, Override: true },
    })
    assert.deepEqual(CustomHeadersConfig.Items, [
      { Header: 'Cross-Origin-Resource-Policy', Value: 'cross-origin', Override: true },
    ])
  })

  it('reads the bucket as itself, by origin access control, and only its own database’s blobs (I9)', () => {
    const access = only(template, 'AWS::CloudFront::OriginAccessControl')
    const { Name: _, ...signing } = access.Properties.OriginAccessControlConfig
    assert.deepEqual(signing, {
      OriginAccessControlOriginType: 's3',
      SigningBehavior: 'always',
      SigningProtocol: 'sigv4',
    })
    for (const database of ['main', 'main-old']) {
      const [origin, ...others] = edgeOf(template, database).config.Origins
      assert.deepEqual(others, [])
      assert.equal(origin.OriginAccessControlId, cloudFrontId(access.id))
      assert.equal(origin.DomainName, `example-blobs.s3.${PLACE.region}.amazonaws.com`)
      assert.deepEqual(origin.S3OriginConfig, { OriginAccessIdentity: '' })
    }
    const statement = (database: string) => ({
      Sid: `Deliver-${database}`,
      Effect: 'Allow',
      Principal: { Service: 'cloudfront.amazonaws.com' },
      Action: 's3:GetObject',
      Resource: `arn:aws:s3:::example-blobs/blobs/${database}/*`,
      Condition: {
        StringEquals: {
          'aws:SourceArn': `arn:aws:cloudfront::${PLACE.account}:distribution/${cloudFrontId(edgeOf(template, database).id)}`,
        },
      },
    })
    assert.deepEqual(readersOf(template), ['main', 'main-old'].map(statement))
  })

  it('has a name of its own, one more cache and a firewall where asked for', () => {
    assert.equal(config.Aliases, undefined)
    assert.equal(config.ViewerCertificate, undefined)
    assert.equal(config.WebACLId, undefined)
    assert.equal(config.Origins[0].OriginShield, undefined)
    const more = { originShield: 'eu-central-1', webAcl: WEB_ACL }
    const named = deliver({ main: { publicKeys: [FIRST], domain: DOMAIN } }, more)
    const { config: own } = edgeOf(named, 'main')
    assert.deepEqual(own.Aliases, DOMAIN.names)
    assert.deepEqual(own.ViewerCertificate, {
      AcmCertificateArn: DOMAIN.certificate,
      MinimumProtocolVersion: 'TLSv1.2_2021',
      SslSupportMethod: 'sni-only',
    })
    assert.equal(own.WebACLId, WEB_ACL)
    assert.deepEqual(own.Origins[0].OriginShield, { Enabled: true, OriginShieldRegion: 'eu-central-1' })
    assert.equal(
      jsonOf(named, 'ClientConfiguration').databases.main.delivery.edge,
      'https://files.example.net',
    )
  })

  it('goes with its stack, and leaves keys in their secret', () => {
    assert.equal(edgeOf(template, 'main').DeletionPolicy, undefined)
    const secrets = ofType(template, 'AWS::SecretsManager::Secret')
    assert.deepEqual(
      secrets.map(([, { DeletionPolicy, UpdateReplacePolicy }]) => [DeletionPolicy, UpdateReplacePolicy]),
      [
        ['Retain', 'Retain'],
        ['Retain', 'Retain'],
      ],
    )
  })
})

describe('signing keys', () => {
  const keysIn = (from: Template) =>
    new Map(
      ofType(from, 'AWS::CloudFront::PublicKey').map(([id, { Properties }]) => [
        id,
        Properties.PublicKeyConfig.EncodedKey,
      ]),
    )

  it('have a place wherever URLs are to be signed, an edge only where one can be, and nothing elsewhere', () => {
    const places = (from: Template) =>
      ofType(from, 'AWS::SecretsManager::Secret').map(([, { Properties }]) => Properties)
    const none = withStack({}, { databases: DATABASES })
    assert.deepEqual([places(none), readersOf(none)], [[], []])
    const text = JSON.stringify(none)
    assert.doesNotMatch(text, /cloudfront|SecretsManager|signer/i)

    const empty = deliver({ main: {} })
    assert.deepEqual(places(empty), [
      {
        Name: signingKeysName('nice-blobs', 'main'),
        Description: 'nice-blobs: signs the URLs of the database main',
      },
    ])
    assert.deepEqual(ofType(empty, 'AWS::CloudFront::Distribution'), [])
    assert.deepEqual(jsonOf(empty, 'ClientConfiguration').databases.main.delivery, {
      signingKeys: signingKeysName('nice-blobs', 'main'),
    })
    assert.deepEqual(
      Object.entries(jsonOf(empty, 'Roles').databases).map(([name, duties]) => [
        name,
        Object.hasOwn(duties as object, 'signer'),
      ]),
      [
        ['main', true],
        ['main-old', false],
        ['apart', false],
      ],
    )
  })

  it('are told by the ids that CloudFront knows them by, to whoever rotates them and to hosts', () => {
    const idOf = (text: string) =>
      cloudFrontId([...keysIn(template)].find(([id]) => id.includes(nameOfKey(text)))?.[0] ?? '')
    assert.deepEqual(jsonOf(template, 'SigningKeys'), {
      main: { [nameOfKey(FIRST)]: idOf(FIRST), [nameOfKey(SECOND)]: idOf(SECOND) },
      'main-old': { [nameOfKey(THIRD)]: idOf(THIRD) },
    })
    const { databases } = jsonOf(template, 'ClientConfiguration')
    const id = cloudFrontId(edgeOf(template, 'main').id)
    assert.deepEqual(databases.main.delivery, {
      edge: `https://${id.toLowerCase()}.cloudfront.net`,
      signingKeys: signingKeysName('nice-blobs', 'main'),
    })
    assert.equal(databases.apart.delivery, undefined)
    assert.deepEqual(jsonOf(template, 'Edges').main, {
      id,
      domain: `${id.toLowerCase()}.cloudfront.net`,
    })
  })

  it('change by another resource, while the ones that stay are left alone', () => {
    const groupOf = (from: Template) => {
      const { id, Properties } = only(from, 'AWS::CloudFront::KeyGroup')
      return { id, items: Properties.KeyGroupConfig.Items, name: Properties.KeyGroupConfig.Name }
    }
    const before = deliver({ main: { publicKeys: [FIRST, SECOND] } })
    const after = deliver({ main: { publicKeys: [SECOND, THIRD] } })
    const named = ([id]: [string, string]) =>
      [FIRST, SECOND, THIRD].map(nameOfKey).find(name => id.includes(name))
    assert.deepEqual([...keysIn(before)].map(named), [FIRST, SECOND].map(nameOfKey))
    assert.deepEqual([...keysIn(after)].map(named), [SECOND, THIRD].map(nameOfKey))
    const [, kept] = [...keysIn(before)]
    assert.deepEqual([...keysIn(after)][0], kept)
    const [was, is] = [groupOf(before), groupOf(after)]
    assert.deepEqual([is.id, is.name], [was.id, was.name])
    assert.deepEqual(is.items, [...keysIn(after).keys()].map(cloudFrontId))
    assert.equal(edgeOf(after, 'main').id, edgeOf(before, 'main').id)
  })

  it('have a name in the account that no other installation’s has', () => {
    const namesIn = (region: string) => {
      const from = deliver({ main: { publicKeys: [FIRST] } }, {}, { bucket: { ...EXAMPLE.bucket, region } })
      return Object.values(from.Resources).flatMap(({ Type, Properties }) => {
        if (!Type.startsWith('AWS::CloudFront::') || Type === 'AWS::CloudFront::Distribution') return []
        const [config] = Object.values(Properties) as { Name: string }[]
        return [`${Type} ${config?.Name}`]
      })
    }
    const [here, there] = [namesIn('eu-central-1'), namesIn('eu-north-1')]
    assert.equal(new Set([...here, ...there]).size, 2 * 5)
  })

  it('are in no template but by their public half', () => {
    const { databases } = EXAMPLE
    const delivery = { databases: { main: { publicKeys: [FIRST, SECOND] } } }
    const text = JSON.stringify(synthesize({ ...EXAMPLE, databases, stack: { ...EXAMPLE.stack, delivery } }))
    assert.match(text, /BEGIN PUBLIC KEY/)
    assert.doesNotMatch(text, /PRIVATE KEY|SecretString|GenerateSecretString/)
  })
})

describe('the log of the edges', () => {
  const raw = (region: string, more: object = {}) => ({
    ...EXAMPLE,
    bucket: { ...EXAMPLE.bucket, region },
    stack: { ...EXAMPLE.stack, delivery: { databases: { main: { publicKeys: [FIRST] } }, ...more } },
  })
  const LOGS = ['AWS::Logs::DeliverySource', 'AWS::Logs::DeliveryDestination', 'AWS::Logs::Delivery']
  const countIn = (from: Template | undefined) => LOGS.flatMap(type => ofType(from, type)).length

  it('is set up in us-east-1: by the stack itself there, else by one beside it, which looks the rest up', () => {
    const there = synthesize(raw('us-east-1'))
    assert.deepEqual(Object.keys(there).sort(), ['nice-blobs', 'nice-blobs-replica'])
    assert.equal(countIn(there['nice-blobs']), 3)

    const elsewhere = synthesize(raw('eu-central-1'))
    assert.equal(countIn(elsewhere['nice-blobs']), 0)
    const beside = elsewhere['nice-blobs-edge-logs']
    assert.equal(Object.keys(beside?.Resources ?? {}).length, 3)
    const looked = [...JSON.stringify(beside).matchAll(/"OutputName":"(\w+)"/g)].map(([, name = '']) => name)
    assert.equal(looked.length, 2)
    for (const name of looked) assert.ok(elsewhere['nice-blobs']?.Outputs?.[name], name)
  })

  it('has no queries, referers or cookies, in which signatures are', () => {
    for (const templates of [synthesize(raw('us-east-1')), synthesize(raw('eu-central-1'))]) {
      const [delivery] = Object.values(templates).flatMap(from => ofType(from, 'AWS::Logs::Delivery'))
      const fields: string[] = delivery?.[1].Properties.RecordFields
      assert.ok(['date', 'time', 'c-ip', 'cs-uri-stem', 'sc-status'].every(field => fields.includes(field)))
      assert.doesNotMatch(fields.join(), /query|referer|cookie/i)
      for (const from of Object.values(templates))
        for (const [, { Properties }] of ofType(from, 'AWS::CloudFront::Distribution'))
          assert.equal(Properties.DistributionConfig.Logging, undefined)
    }
  })

  it('goes into the bucket of records, which lets in what this account delivers, and nothing where it is off', () => {
    const policyOf = (from: Template) =>
      only(from, 'AWS::S3::BucketPolicy', id => id.startsWith('Records')).Properties.PolicyDocument.Statement
    const isLetIn = ({ Sid }: { Sid?: string }) => Sid === 'WriteEdgeLogs'
    const records = only(template, 'AWS::S3::Bucket', id => id.startsWith('Records')).id
    assert.deepEqual(policyOf(template).filter(isLetIn), [
      {
        Sid: 'WriteEdgeLogs',
        Effect: 'Allow',
        Principal: { Service: 'delivery.logs.amazonaws.com' },
        Action: 's3:PutObject',
        Resource: `arn:aws:s3:::${records}/edges/*`,
        Condition: {
          StringEquals: {
            'aws:SourceAccount': PLACE.account,
            's3:x-amz-acl': 'bucket-owner-full-control',
          },
          ArnLike: { 'aws:SourceArn': `arn:aws:logs:us-east-1:${PLACE.account}:delivery-source:*` },
        },
      },
    ])
    const off = synthesize(raw('eu-central-1', { logs: false }))
    assert.deepEqual(Object.keys(off).sort(), ['nice-blobs', 'nice-blobs-replica'])
    const without = deliver({ main: { publicKeys: [FIRST] } }, { logs: false })
    assert.deepEqual(policyOf(without).filter(isLetIn), [])
  })
})
