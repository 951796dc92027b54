import { type Command, Option } from 'commander'
import type { Disposition } from '../../core/model/disposition.ts'
import { NiceBlobsError } from '../../core/model/errors.ts'
import { formatRef, type Ref } from '../../core/model/ref.ts'
import type { Urls } from '../url/urls.ts'

export interface UrlOptions {
  url?: true
  filename?: string
  disposition?: Disposition
  type?: string
}

export function addUrlOptions(command: Command): void {
  const others = ['path', 'output']
  command
    .addOption(new Option('--url', 'print a signed URL, which opens it for whoever has it').conflicts(others))
    .option('--filename <name>', 'with --url: the name under which browsers save it')
    .addOption(
      new Option(
        '--disposition <what>',
        'with --url: what browsers do with it, if it is safe to show',
      ).choices(['attachment', 'inline']),
    )
    .option('--type <media type>', 'with --url: what turns out to be of another one is saved, not shown')
}

/** Whether it is a URL that is asked for; what is said of one without asking for it is a mistake. */
export function wantsUrl({ url, filename, disposition, type }: UrlOptions): boolean {
  const described = filename ?? disposition ?? type
  if (!url && described !== undefined) throw withoutUrl()
  return url === true
}

export async function signedUrlOf(urls: Urls, ref: Ref, options: UrlOptions): Promise<string> {
  const { filename, disposition, type } = options
  const signed = await urls.url(ref, { filename, disposition, contentType: type })
  return signed?.url ?? notArchived(ref)
}

function notArchived(ref: Ref): never {
  throw new NiceBlobsError('NOT_ARCHIVED', 'the blob is in a volume and not in the bucket yet', {
    subject: formatRef(ref),
    hint: 'it has a URL once it is archived, by the agent or `nice-blobs archive`; its file: `nice-blobs get REF --path`',
  })
}

function withoutUrl(): NiceBlobsError {
  return new NiceBlobsError('USAGE_WRONG', '--filename, --disposition and --type belong to a URL', {
    subject: 'get',
    hint: 'say --url too',
  })
}
