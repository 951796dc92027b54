import { Certificate } from 'aws-cdk-lib/aws-certificatemanager'
import {
  AllowedMethods,
  Distribution,
  type DistributionProps,
  HttpVersion,
  KeyGroup,
  PublicKey,
  SecurityPolicyProtocol,
  ViewerProtocolPolicy,
} from 'aws-cdk-lib/aws-cloudfront'
import { S3BucketOrigin } from 'aws-cdk-lib/aws-cloudfront-origins'
import { Effect, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import type { Bucket, IBucket } from 'aws-cdk-lib/aws-s3'
import { Construct } from 'constructs'
import { blobPrefix } from '../../core/model/key.ts'
import { parsePublicKey } from '../../core/model/public-key.ts'
import type { DeliveredDatabase, DeliveryConfig } from '../../core/model/stack-config.ts'
import { type Deployment, globalName } from '../deployment.ts'
import type { EdgePolicies } from './edge-policies.ts'
import { explainEdge } from './explain-edge.ts'

interface EdgeProps {
  deployment: Deployment
  delivery: DeliveryConfig
  bucket: Bucket
  policies: EdgePolicies
}

/**
 * A distribution for one database: who signs for it reaches no other's blobs (I9). It goes with the stack, since all that is in
 * it is in the bucket.
 */
export class Edge extends Construct {
  readonly database: string
  readonly distribution: Distribution
  /** CloudFront's ids, by the names of the keys. */
  readonly keyPairIds: Readonly<Record<string, string>>
  /** What its URLs begin with. */
  readonly url: string

  constructor(
    scope: Construct,
    database: string,
    delivered: DeliveredDatabase,
    { deployment, delivery, bucket, policies }: EdgeProps,
  ) {
    super(scope, `Edge-${database}`)
    const { publicKeys, domain } = delivered
    const keys = publicKeys.map(text => addKey(this, deployment, database, text))
    const { access, cache, headers } = policies
    this.database = database
    this.keyPairIds = Object.fromEntries(keys.map(({ name, key }) => [name, key.publicKeyId]))
    this.distribution = new Distribution(this, 'Distribution', {
      comment: `nice-blobs: the blobs of the database ${database}`,
      httpVersion: HttpVersion.HTTP2_AND_3,
      defaultBehavior: {
        // The origin that comes with a statement for the bucket's policy lets an edge read the whole bucket.
        origin: S3BucketOrigin.withBucketDefaults(bucket as IBucket, {
          originAccessControlId: access.originAccessControlId,
          ...(delivery.originShield && { originShieldRegion: delivery.originShield }),
        }),
        viewerProtocolPolicy: ViewerProtocolPolicy.HTTPS_ONLY,
        allowedMethods: AllowedMethods.ALLOW_GET_HEAD,
        cachePolicy: cache,
        responseHeadersPolicy: headers,
        // What is large is compressed already, and a range of it has to stay a range.
        compress: false,
        trustedKeyGroups: [
          new KeyGroup(this, 'Keys', {
            keyGroupName: `${globalName(deployment)}-${database}`,
            comment: `nice-blobs: who signs the URLs of the database ${database}`,
            items: keys.map(({ key }) => key),
          }),
        ],
      },
      ...domainProps(this, domain),
      ...(delivery.webAcl && { webAclId: delivery.webAcl }),
    })
    this.url = `https://${domain?.names[0] ?? this.distribution.distributionDomainName}`
    explainEdge(this.distribution, delivery, delivered)
    bucket.addToResourcePolicy(letRead(bucket, database, this.distribution))
  }
}

/** Another key is another resource, since CloudFront changes none; the one that goes is deleted after the group has let go of it. */
function addKey(scope: Construct, deployment: Deployment, database: string, text: string) {
  const parsed = parsePublicKey(text)
  if (!parsed) throw new Error('a public key that the configuration should have refused')
  const { name, pem } = parsed
  const key = new PublicKey(scope, `Key-${name}`, {
    publicKeyName: `${globalName(deployment)}-${name}`,
    comment: `nice-blobs: signs the URLs of the database ${database}`,
    encodedKey: pem,
  })
  return { name, key }
}

function domainProps(scope: Construct, domain: DeliveredDatabase['domain']): Partial<DistributionProps> {
  if (!domain) return {}
  return {
    domainNames: domain.names,
    certificate: Certificate.fromCertificateArn(scope, 'Certificate', domain.certificate),
    minimumProtocolVersion: SecurityPolicyProtocol.TLS_V1_2_2021,
  }
}

/** Without a right to list: what is not there looks like what is denied, and no URL tells the two apart. */
function letRead(bucket: Bucket, database: string, { distributionArn }: Distribution): PolicyStatement {
  return new PolicyStatement({
    sid: `Deliver-${database}`,
    effect: Effect.ALLOW,
    principals: [new ServicePrincipal('cloudfront.amazonaws.com')],
    actions: ['s3:GetObject'],
    resources: [bucket.arnForObjects(`${blobPrefix(database)}*`)],
    conditions: { StringEquals: { 'aws:SourceArn': distributionArn } },
  })
}
