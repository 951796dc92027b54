import type { AddedHeader, Distribution } from './distribution.ts'

interface Override {
  Override: boolean
}

interface SecurityHeaders {
  ContentSecurityPolicy?: Override & { ContentSecurityPolicy: string }
  ContentTypeOptions?: Override
  FrameOptions?: Override & { FrameOption: string }
  ReferrerPolicy?: Override & { ReferrerPolicy: string }
  StrictTransportSecurity?: Override & {
    AccessControlMaxAgeSec: number
    IncludeSubdomains?: boolean
    Preload?: boolean
  }
}

/** The properties of AWS::CloudFront::ResponseHeadersPolicy. */
export interface HeadersPolicy {
  Name?: string
  Comment?: string
  SecurityHeadersConfig?: SecurityHeaders
  CustomHeadersConfig?: { Items: (Override & { Header: string; Value: string })[] }
  RemoveHeadersConfig?: { Items: { Header: string }[] }
}

const KNOWN =
  /^(Name|Comment|(Security|Custom|Remove)HeadersConfig|Content(SecurityPolicy|TypeOptions)|FrameOptions|ReferrerPolicy|StrictTransportSecurity)$/

/** What a policy adds to answers, and takes from them. */
export function readHeaders(policy: HeadersPolicy): Pick<Distribution, 'addedHeaders' | 'removedHeaders'> {
  const { SecurityHeadersConfig: security = {}, CustomHeadersConfig, RemoveHeadersConfig } = policy
  const unknown = [...Object.keys(policy), ...Object.keys(security)].filter(name => !KNOWN.test(name))
  if (unknown.length > 0) throw new Error(`the sandbox does not know ${unknown} of a response headers policy`)
  const custom = CustomHeadersConfig?.Items ?? []
  return {
    addedHeaders: [
      ...securityHeaders(security),
      ...custom.map(({ Header: name, Value: value, Override: override }) => ({ name, value, override })),
    ],
    removedHeaders: (RemoveHeadersConfig?.Items ?? []).map(({ Header }) => Header),
  }
}

function securityHeaders(security: SecurityHeaders): AddedHeader[] {
  const { ContentSecurityPolicy, ContentTypeOptions, FrameOptions, ReferrerPolicy } = security
  const { StrictTransportSecurity } = security
  const add = (name: string, value: string | undefined, setting: Override | undefined) =>
    setting && value !== undefined ? [{ name, value, override: setting.Override }] : []
  const transport = StrictTransportSecurity && [
    `max-age=${StrictTransportSecurity.AccessControlMaxAgeSec}`,
    ...(StrictTransportSecurity.IncludeSubdomains ? ['includeSubDomains'] : []),
    ...(StrictTransportSecurity.Preload ? ['preload'] : []),
  ]
  return [
    ...add('Content-Security-Policy', ContentSecurityPolicy?.ContentSecurityPolicy, ContentSecurityPolicy),
    ...add('X-Content-Type-Options', 'nosniff', ContentTypeOptions),
    ...add('X-Frame-Options', FrameOptions?.FrameOption, FrameOptions),
    ...add('Referrer-Policy', ReferrerPolicy?.ReferrerPolicy, ReferrerPolicy),
    ...add('Strict-Transport-Security', transport?.join('; '), StrictTransportSecurity),
  ]
}
