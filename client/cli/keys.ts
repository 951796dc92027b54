import { type Command, Option } from 'commander'
import type { CreateOptions, KeysOptions, RetireOptions, RotateOptions } from './keys-run.ts'
import { addConfigOptions, type Finish, jsonOption } from './options.ts'

export function addKeys(program: Command, finish: Finish): void {
  const keys = program
    .command('keys')
    .description('the keys that sign a database’s URLs: one signs, the next one waits')
  const add = (words: string, description: string) =>
    addConfigOptions(keys.command(words).description(description).addOption(jsonOption()))

  add('create', 'make a key that waits, and print its public half for the configuration')
    .addOption(
      new Option(
        '--type <type>',
        'of the key: rsa, with which all hosts make the same URLs, or ec, which signs faster',
      )
        .choices(['rsa', 'ec'])
        .default('rsa'),
    )
    .option('--anew', 'in place of what is in the secret and cannot be read')
    .action(async (options: CreateOptions) => {
      const { createWaiting } = await import('./keys-run.ts')
      finish(await createWaiting(options))
    })
  add('rotate', 'let the key that waits sign from now on, if it is deployed')
    .requiredOption('--outputs <file>', 'what cdk deploy --outputs-file wrote; - for standard input')
    .option('--stack <name>', 'which stack, where the outputs are of several')
    .option('--again', 'although the last rotation was only now: the key that signs since then has leaked')
    .action(async (options: RotateOptions) => {
      const { rotate } = await import('./keys-run.ts')
      finish(await rotate(options))
    })
  add('retire [name]', 'forget a key: the replaced one, once none of its URLs lives')
    .option('--leaked', 'at once, whatever becomes of its URLs')
    .action(async (name: string | undefined, options: RetireOptions) => {
      const { retire } = await import('./keys-run.ts')
      finish(await retire(name, options))
    })
  add('list', 'which keys there are, and what each of them does').action(async (options: KeysOptions) => {
    const { list } = await import('./keys-run.ts')
    finish(await list(options))
  })
}
