import { Duration } from 'aws-cdk-lib'
import {
  CacheCookieBehavior,
  CacheHeaderBehavior,
  CachePolicy,
  CacheQueryStringBehavior,
  HeadersReferrerPolicy,
  type ICachePolicy,
  type IOriginAccessControl,
  type IResponseHeadersPolicy,
  ResponseHeadersPolicy,
  S3OriginAccessControl,
  Signing,
} from 'aws-cdk-lib/aws-cloudfront'
import type { Construct } from 'constructs'
import { CONTENT_SECURITY_POLICY } from '../../core/model/security-policy.ts'
import { type Deployment, globalName } from '../deployment.ts'

/** What all edges of an installation have in common; an account has few of each. */
export interface EdgePolicies {
  access: IOriginAccessControl
  cache: ICachePolicy
  headers: IResponseHeadersPolicy
}

/** A blob never changes. */
const LONG = Duration.days(365)

export function addEdgePolicies(scope: Construct, deployment: Deployment): EdgePolicies {
  return {
    access: new S3OriginAccessControl(scope, 'EdgeAccess', {
      originAccessControlName: globalName(deployment),
      signing: Signing.SIGV4_ALWAYS,
    }),
    cache: new CachePolicy(scope, 'EdgeCache', {
      cachePolicyName: globalName(deployment),
      comment: 'nice-blobs: by key and disposition',
      // What the objects say is for browsers (core/aws/s3-object.ts).
      minTtl: LONG,
      defaultTtl: LONG,
      maxTtl: LONG,
      // All that is not named here reaches neither the cache nor the bucket.
      queryStringBehavior: CacheQueryStringBehavior.allowList('response-content-disposition'),
      headerBehavior: CacheHeaderBehavior.none(),
      cookieBehavior: CacheCookieBehavior.none(),
    }),
    headers: addHeaders(scope, deployment),
  }
}

/** A blob is whatever somebody uploaded: it may run nothing, load nothing, and is what its stored type says. */
function addHeaders(scope: Construct, deployment: Deployment): ResponseHeadersPolicy {
  return new ResponseHeadersPolicy(scope, 'EdgeHeaders', {
    responseHeadersPolicyName: globalName(deployment),
    comment: 'nice-blobs: blobs as files, never as pages',
    securityHeadersBehavior: {
      contentSecurityPolicy: { contentSecurityPolicy: CONTENT_SECURITY_POLICY, override: true },
      contentTypeOptions: { override: true },
      referrerPolicy: { referrerPolicy: HeadersReferrerPolicy.NO_REFERRER, override: true },
      strictTransportSecurity: { accessControlMaxAge: LONG, override: true },
    },
    customHeadersBehavior: {
      customHeaders: [{ header: 'Cross-Origin-Resource-Policy', value: 'cross-origin', override: true }],
    },
  })
}
