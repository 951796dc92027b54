import { isAbsolute } from 'node:path'
import { z } from 'zod'
import { parseHours } from './allowed-hours.ts'
import { isDatabaseName } from './key.ts'
import { parsePublicKey } from './public-key.ts'
import { DAY, parseBytes, parseDuration } from './quantity.ts'
import { VOLUME_NAME } from './volume-row.ts'

/** The kinds of values that settings have; each says what it expects. */

const BYTES = 'bytes, such as 10GB, 512MiB or 4096'
const DURATION = 'a duration, such as 15m, 12h or 7d'
const MINUTE = 60_000
const WHOLE_DAYS = 'whole days, such as 14d or 26w'

export const bytes = z
  .union([z.int().nonnegative(), z.string().describe(BYTES)])
  .transform((value, context) => {
    const amount = typeof value === 'number' ? value : parseBytes(value)
    if (amount === undefined) context.addIssue({ code: 'custom', message: `expected ${BYTES}` })
    return amount ?? z.NEVER
  })

export const duration = z
  .string()
  .describe(DURATION)
  .transform((value, context) => {
    const amount = parseDuration(value)
    if (amount === undefined) context.addIssue({ code: 'custom', message: `expected ${DURATION}` })
    return amount ?? z.NEVER
  })

/** What a schedule counts. */
export const wholeMinutes = duration.refine(
  amount => amount >= MINUTE && amount % MINUTE === 0,
  `expected whole minutes, such as 15m or 1h`,
)

/** What a bucket's lifecycle counts. */
export const wholeDays = duration.refine(
  amount => amount >= DAY && amount % DAY === 0,
  `expected ${WHOLE_DAYS}`,
)

export const absolutePath = z.string().refine(isAbsolute, 'expected an absolute path')
export const endpoint = z.url({
  protocol: /^https?$/,
  message: 'expected a URL, such as https://s3.example.org',
})
/** Of a distribution: signed URLs are no secret kept on the way without TLS, which only this host itself can do without. */
export const edgeUrl = z
  .string()
  .refine(isEdgeUrl, 'expected the URL of a distribution, such as https://d111111abcdef8.cloudfront.net')
export const databaseName = z
  .string()
  .refine(isDatabaseName, 'expected lower-case letters, digits and inner hyphens, at most 63')
export const volumeName = z.string().regex(VOLUME_NAME, 'expected lower-case letters, digits and hyphens')

/** Buckets of AWS without dots, which its certificates do not cover. */
export const bucketName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/, 'expected 3 to 63 lower-case letters, digits and inner hyphens')
export const awsRegion = z
  .string()
  .regex(/^[a-z]{2}(-[a-z]+)+-[1-9]$/, 'expected a region of AWS, such as eu-central-1')
export const awsAccount = z.string().regex(/^[0-9]{12}$/, 'expected the 12 digits of an account, in quotes')
/** One line without spaces: what stands between BEGIN and END of a public key’s PEM file. */
export const publicKey = z
  .string()
  .refine(
    text => parsePublicKey(text) !== undefined,
    'expected the public key that `nice-blobs keys create` printed: EC P-256 or RSA of 2048 bits',
  )
export const domainName = z
  .string()
  .regex(
    /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/,
    'expected a domain, such as files.example.org',
  )
/** CloudFront takes certificates and web ACLs from there alone. */
export const certificateArn = z
  .string()
  .regex(
    /^arn:aws:acm:us-east-1:[0-9]{12}:certificate\/[\w-]+$/,
    'expected the ARN of a certificate in us-east-1',
  )
export const webAclArn = z
  .string()
  .regex(
    /^arn:aws:wafv2:us-east-1:[0-9]{12}:global\/webacl\/[\w/-]+$/,
    'expected the ARN of a global web ACL',
  )
export const roleArn = z
  .string()
  .regex(/^arn:aws[a-z-]*:iam::[0-9]{12}:role\/[\w+=,.@/-]+$/, 'expected the ARN of a role')
/** Who may take a role on: a service, a role or user, or whoever an account lets. */
export const principal = z
  .string()
  .regex(
    /^(?:[a-z0-9-]+\.amazonaws\.com|arn:aws[a-z-]*:iam::[0-9]{12}:(?:role|user)\/[\w+=,.@/-]+|[0-9]{12})$/,
    'expected a service (ec2.amazonaws.com), the ARN of a role or user, or an account',
  )

export const allowedHours = z
  .string()
  .refine(text => parseHours(text) !== undefined, 'expected hours of the day, such as 22:00-06:00')
export const timeZone = z.string().refine(isTimeZone, 'expected a time zone, such as Europe/Zurich')

function isEdgeUrl(text: string): boolean {
  return /^(?:https:\/\/[a-z0-9.-]+(?::[0-9]+)?|http:\/\/(?:127\.0\.0\.1|localhost)(?::[0-9]+)?)$/.test(text)
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch {
    return false
  }
}
