import { type Resource, readAssembly, type StackTemplate } from '../functions/assembly.ts'
import { cloudFrontId } from '../functions/cloudfront-ids.ts'
import { type Place, resolveText } from '../functions/resolve.ts'
import { SANDBOX_REGION } from '../s3/server.ts'
import { readableBy } from './bucket-grants.ts'
import type { Distribution } from './distribution.ts'
import { readHeaders } from './read-headers.ts'

/** What of a template says how CloudFront delivers; what the edge cannot do is refused, never overlooked. */

interface Behavior {
  AllowedMethods: string[]
  CachePolicyId: unknown
  ResponseHeadersPolicyId?: unknown
  TrustedKeyGroups?: unknown[]
  TargetOriginId: string
  ViewerProtocolPolicy: string
  Compress?: boolean
}

interface DistributionConfig {
  Enabled: boolean
  DefaultCacheBehavior: Behavior
  Origins: { Id: string; DomainName: unknown; OriginAccessControlId?: unknown; OriginPath?: string }[]
}

interface CachePolicyConfig {
  MinTTL: number
  DefaultTTL: number
  MaxTTL: number
  ParametersInCacheKeyAndForwardedToOrigin: {
    CookiesConfig: { CookieBehavior: string }
    HeadersConfig: { HeaderBehavior: string }
    QueryStringsConfig: { QueryStringBehavior: string; QueryStrings?: string[] }
  }
}

/** What a distribution may be told besides, which makes no difference here. */
const CONFIG =
  /^(Aliases|Comment|DefaultCacheBehavior|Enabled|HttpVersion|IPV6Enabled|Logging|Origins|PriceClass|ViewerCertificate|WebACLId)$/
const BEHAVIOR =
  /^(AllowedMethods|CachedMethods|CachePolicyId|Compress|ResponseHeadersPolicyId|TargetOriginId|TrustedKeyGroups|ViewerProtocolPolicy)$/
const BLOBS = /^blobs\/([^/]+)\/\*$/

/** Of a database, in a synthesized assembly (`cdk.out`). */
export function readDistribution(assembly: string, database: string): Distribution {
  const place = { region: SANDBOX_REGION, queueEndpoint: '' }
  const distribution = readDistributions(readAssembly(assembly), place).get(database)
  if (distribution === undefined) throw new Error(`${assembly} has no distribution of ${database}`)
  return distribution
}

/** By the database whose blobs the bucket lets each read. */
export function readDistributions(stacks: readonly StackTemplate[], place: Place): Map<string, Distribution> {
  const found = stacks.flatMap(stack =>
    Object.entries(stack.resources)
      .filter(([, { Type }]) => Type === 'AWS::CloudFront::Distribution')
      .map(([id, resource]) => describe(stack, place, id, resource)),
  )
  return new Map(
    found.map(distribution => {
      const [, database] = BLOBS.exec(distribution.readable[0] ?? '') ?? []
      if (database === undefined || distribution.readable.length > 1)
        throw new Error(`a distribution reads ${distribution.readable} and not the blobs of one database`)
      return [database, distribution]
    }),
  )
}

function describe(stack: StackTemplate, place: Place, id: string, resource: Resource): Distribution {
  const config = resource.Properties?.DistributionConfig as DistributionConfig
  const behavior = config.DefaultCacheBehavior
  requireKnown(id, config, CONFIG)
  requireKnown(id, behavior, BEHAVIOR)
  const [origin, ...others] = config.Origins
  if (!config.Enabled || origin === undefined || others.length > 0 || origin.OriginPath)
    throw new Error(`${id}: the sandbox has distributions of one bucket`)
  if (origin.OriginAccessControlId === undefined || behavior.ViewerProtocolPolicy !== 'https-only')
    throw new Error(`${id}: it has to ask the bucket with signatures, and to be asked by HTTPS`)
  if (behavior.Compress) throw new Error(`${id}: the sandbox compresses nothing`)
  const { TrustedKeyGroups = [] } = behavior
  if (TrustedKeyGroups.length === 0) throw new Error(`${id}: without a key group anybody may have everything`)
  const bucket = resolveText(stack, place, origin.DomainName).replace(/\.s3\..*/, '')
  const cache = configOf<CachePolicyConfig>(stack, behavior.CachePolicyId, 'CachePolicyConfig')
  return {
    bucket,
    readable: readableBy(stack, place, id, bucket),
    allowedMethods: behavior.AllowedMethods,
    publicKeys: publicKeys(stack, TrustedKeyGroups),
    queryStrings: queryStrings(cache),
    lifetimes: { min: cache.MinTTL, default: cache.DefaultTTL, max: cache.MaxTTL },
    ...readHeaders(
      behavior.ResponseHeadersPolicyId === undefined
        ? {}
        : configOf(stack, behavior.ResponseHeadersPolicyId, 'ResponseHeadersPolicyConfig'),
    ),
  }
}

function queryStrings({ ParametersInCacheKeyAndForwardedToOrigin: parts }: CachePolicyConfig): string[] {
  const { CookiesConfig, HeadersConfig, QueryStringsConfig } = parts
  const { QueryStringBehavior: behavior, QueryStrings = [] } = QueryStringsConfig
  if (CookiesConfig.CookieBehavior !== 'none' || HeadersConfig.HeaderBehavior !== 'none')
    throw new Error('the sandbox caches by path and query only')
  if (behavior !== 'whitelist' && behavior !== 'none')
    throw new Error(`the sandbox knows lists of what may be in a query, not ${behavior}`)
  return QueryStrings
}

function publicKeys(stack: StackTemplate, groups: readonly unknown[]): Record<string, string> {
  const keys = groups.flatMap(group => configOf<{ Items: unknown[] }>(stack, group, 'KeyGroupConfig').Items)
  return Object.fromEntries(
    keys.map(key => {
      const { EncodedKey } = configOf<{ EncodedKey: string }>(stack, key, 'PublicKeyConfig')
      return [cloudFrontId(stack, idOfRef(key)), EncodedKey]
    }),
  )
}

function configOf<T>(stack: StackTemplate, reference: unknown, property: string): T {
  const config = stack.resources[idOfRef(reference)]?.Properties?.[property]
  if (config === undefined) throw new Error(`${JSON.stringify(reference)} is no ${property} of the stack`)
  return config as T
}

function idOfRef(node: unknown): string {
  return (node as { Ref?: string } | undefined)?.Ref ?? ''
}

function requireKnown(id: string, settings: object, known: RegExp): void {
  const unknown = Object.keys(settings).filter(name => !known.test(name))
  if (unknown.length > 0) throw new Error(`${id}: the sandbox does not know ${unknown}`)
}
