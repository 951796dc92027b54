/** One thing that can be asked of AWS, with the context keys AWS adds about what is asked. */
export interface Request {
  name: string
  /** What it is asked of, as the tables say it. */
  on: string
  action: string
  resource: string
  /** `undefined` takes away what every other request has. */
  context: Readonly<Record<string, string | string[] | undefined>>
  /** For which bucket or rule a service of AWS asks it. */
  source?: Source
}

export interface Source {
  'aws:SourceArn': string
  'aws:SourceAccount'?: string
}

export interface Section {
  title: string
  requests: Request[]
}

/** Its name begins as ours do, for policies that name theirs too short. */
export const ANOTHER_BUCKET = 'arn:aws:s3:::example-blobs-replica-of-another'

export const OVER_HTTP = { 'aws:SecureTransport': 'false', 's3:TlsVersion': undefined }
export const OLD_TLS = { 's3:TlsVersion': '1.1' }
