import { randomUUID } from 'node:crypto'
import { rename, rm, writeFile } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { type Command, Option } from 'commander'
import { parseRef, type Ref } from '../../core/model/ref.ts'
import { addUrlOptions, signedUrlOf, type UrlOptions, wantsUrl } from './get-url.ts'
import { addConfigOptions, type ConfigOptions, type Finish } from './options.ts'

interface GetOptions extends ConfigOptions, UrlOptions {
  path?: true
  output?: string
}

export function addGet(program: Command, finish: Finish): void {
  const command = program
    .command('get')
    .description(
      'one blob, from whichever tier has it: its bytes on standard output, a copy, its path, or its URL',
    )
    .argument('<ref>', 'oid/tid, 16 hex digits each', (text: string) => parseRef(text))
    .option('-o, --output <file>', 'write a copy here')
    .addOption(new Option('--path', 'print the path of the local file').conflicts('output'))
    .action(async (ref: Ref, options: GetOptions) => {
      await get(ref, options)
      finish(0)
    })
  addUrlOptions(command)
  addConfigOptions(command)
}

async function get(ref: Ref, options: GetOptions): Promise<void> {
  const { openBlobs, openSignedUrls } = await import('../index.ts')
  if (wantsUrl(options)) {
    process.stdout.write(`${await signedUrlOf(openSignedUrls(options), ref, options)}\n`)
    return
  }
  const blobs = openBlobs(options)
  if (options.path) process.stdout.write(`${await blobs.path(ref)}\n`)
  else if (options.output) await writeAside(options.output, await blobs.stream(ref))
  else await pipeline(await blobs.stream(ref), process.stdout, { end: false })
}

/**
 * What has the name stays until all bytes are here: it may be an older copy, or, by a link, the very file that is read.
 */
async function writeAside(output: string, bytes: Readable): Promise<void> {
  const temporary = `${output}.${randomUUID()}.tmp`
  try {
    await writeFile(temporary, bytes, { flag: 'wx' })
    await rename(temporary, output)
  } finally {
    await rm(temporary, { force: true })
  }
}
