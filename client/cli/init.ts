import { readFileSync, writeFileSync } from 'node:fs'
import { type Command, InvalidArgumentError } from 'commander'
import { NiceBlobsError } from '../../core/model/errors.ts'
import { type HostSettings, hostConfig, readSharedConfig } from '../../core/model/host-config.ts'
import { parseConfig } from '../../core/model/parse-config.ts'
import { type Finish, readDirectory } from './options.ts'
import { readOutputsText } from './read-outputs.ts'

interface InitOptions {
  outputs: string
  stack?: string
  to: string
  cache: string
  limit?: string
  socket?: string
  database: string[]
  volume: HostSettings['volumes']
}

export function addInit(program: Command, finish: Finish): void {
  program
    .command('init')
    .description('write this host’s configuration from the outputs of the deployed stack')
    .requiredOption('--outputs <file>', 'what cdk deploy --outputs-file wrote; - for standard input')
    .option('--stack <name>', 'which stack, where the outputs are of several')
    .option('--to <file>', 'the configuration to write', 'nice-blobs.config.json')
    .option('--cache <directory>', 'on a local disk, for this alone', readDirectory, '/var/cache/nice-blobs')
    .option('--limit <bytes>', 'of the cache, such as 20GB')
    .option('--socket <path>', 'of the agent', readDirectory)
    .option('--database <name>', 'only this one; may be repeated', collect(String), [])
    .option(
      '--volume <database/name=directory>',
      'a blob directory; may be repeated',
      collect(readVolume),
      [],
    )
    .action((options: InitOptions) => {
      init(options)
      finish(0)
    })
}

/** What the file would say is looked at first, so that a wrong option writes nothing. */
function init({ outputs, stack, to, database, volume, ...host }: InitOptions): void {
  const common = readSharedConfig(readOutputsText(outputs), outputs, stack)
  const text = hostConfig(common, { ...host, databases: database, volumes: volume }, outputs)
  parseConfig(text, {}, to)
  if (writeNew(to, text)) console.log(`${to} is written; next: nice-blobs doctor --config ${to}`)
  else console.log(`${to} says so already`)
}

/** A configuration that is there is somebody's work: false when it says the same, and an error when it does not. */
function writeNew(file: string, text: string): boolean {
  try {
    writeFileSync(file, text, { flag: 'wx' })
    return true
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause
    if (readFileSync(file, 'utf8') === text) return false
    const hint = 'move it away, or write beside it with --to and compare'
    throw new NiceBlobsError('TARGET_UNWRITABLE', 'there is another configuration', {
      subject: file,
      hint,
      cause,
    })
  }
}

function readVolume(text: string): HostSettings['volumes'][number] {
  const [, database = '', name = '', directory = ''] = /^([^/=]+)\/([^/=]+)=(.+)$/.exec(text) ?? []
  if (directory === '')
    throw new InvalidArgumentError(
      'Expected DATABASE/NAME=DIRECTORY, such as main/blobs=/srv/plone/blobstorage.',
    )
  return { database, name, directory: readDirectory(directory) }
}

function collect<T>(read: (text: string) => T) {
  return (text: string, earlier: readonly T[]) => [...earlier, read(text)]
}
