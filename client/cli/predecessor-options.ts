import { type Command, InvalidArgumentError, Option } from 'commander'
import { endpoint } from '../../core/model/config-values.ts'
import { NiceBlobsError } from '../../core/model/errors.ts'
import { FORMS, type Form, isPredecessorBucket, prefixOf } from '../../core/model/predecessor-key.ts'

/** Where a predecessor's bucket is, how its keys name blobs, and what it takes to read it. */
export interface PredecessorOptions {
  from: string
  form: Form
  prefix: string
  fromEndpoint?: string
  fromRegion?: string
  fromProfile?: string
  /** A file. */
  sseCustomerKey?: string
}

export function addPredecessorOptions(command: Command): Command {
  return command
    .requiredOption('--from <bucket>', 'the bucket to take over', readBucket)
    .addOption(new Option('--form <name>', 'how its keys name blobs').choices(FORMS).makeOptionMandatory())
    .option('--prefix <prefix>', 'what all its keys begin with', prefixOf, '')
    .option('--from-endpoint <url>', 'its server, where it is another than ours', readEndpoint)
    .option('--from-region <region>', 'its region, where it is another than ours')
    .option('--from-profile <name>', 'of the shared files of AWS, where it needs other credentials than ours')
    .option('--sse-customer-key <file>', 'with the key that it is encrypted with: 32 bytes, in base64')
}

function readBucket(text: string): string {
  if (isPredecessorBucket(text)) return text
  throw new NiceBlobsError('USAGE_WRONG', 'a bucket cannot have this name', {
    subject: `--from ${text}`,
    hint: 'give the name alone, without s3:// and without a prefix, for which there is --prefix',
  })
}

function readEndpoint(text: string): string {
  if (endpoint.safeParse(text).success) return text
  throw new InvalidArgumentError('Expected a URL, such as https://s3.example.org.')
}
